import { RemoteAudioTrack, RemoteVideoTrack, type Room } from "livekit-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followMedia } from "./media-goes-on.client.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What a browser says of one track that it receives. */
function receiver() {
  const of = { bytes: 0, fails: false };
  return {
    of,
    async getStats() {
      if (of.fails) throw new Error("closed");
      return new Map([["in", { type: "inbound-rtp", bytesReceived: of.bytes }]]);
    },
  };
}

/** A room in which somebody sends picture and sound, and all that was told of them. */
function open() {
  const [picture, sound] = [receiver(), receiver()];
  const media = { id: "media" } as MediaStreamTrack;
  const tracks = [
    new RemoteVideoTrack(media, "TR_1", picture as unknown as RTCRtpReceiver),
    new RemoteAudioTrack(media, "TR_2", sound as unknown as RTCRtpReceiver),
    undefined,
  ];
  const trackPublications = new Map(tracks.map((track, at) => [String(at), { track }]));
  const room = { remoteParticipants: new Map([["host", { trackPublications }]]) } as unknown as Room;
  const told: boolean[] = [];
  const following = followMedia(room, (goesOn) => void told.push(goesOn));
  /** What was told over so many looks. */
  const looks = async (count: number) => {
    const before = told.length;
    await vi.advanceTimersByTimeAsync(count * 500);
    return told.slice(before);
  };
  return { ...following, picture: picture.of, sound: sound.of, looks };
}

test("it goes on as long as anything comes, of picture or sound", async () => {
  const { begin, picture, sound, looks } = open();
  begin();
  for (const one of [picture, sound, picture]) {
    one.bytes += 1000;
    expect(await looks(1)).toEqual([true]);
  }
});

test("it does not any more when three looks in a row find nothing new, and does again when something comes", async () => {
  const { begin, picture, sound, looks } = open();
  picture.bytes = 9000;
  begin();
  expect(await looks(5)).toEqual([true, true, true, false, false]);
  sound.bytes += 10;
  expect(await looks(1)).toEqual([true]);
});

test("what cannot be asked for is nothing that comes", async () => {
  const { begin, picture, looks } = open();
  picture.fails = true;
  begin();
  expect(await looks(3)).toEqual([true, true, false]);
});

test("nothing is told before it begins, when it has ended, or of a look that was under way", async () => {
  const { begin, end, looks } = open();
  expect(await looks(2)).toEqual([]);
  begin();
  vi.advanceTimersByTime(500);
  end();
  expect(await looks(3)).toEqual([]);
});

test("begun anew it counts anew, and is told of once a look", async () => {
  const { begin, looks } = open();
  begin();
  await looks(4);
  begin();
  expect(await looks(4)).toEqual([true, true, true, false]);
});
