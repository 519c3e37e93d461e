import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keyFrameOf } from "#app/domain/media/poster.ts";
import { isBlack, isSilent } from "#app/domain/media/sample.ts";
import { readSegment } from "#app/domain/media/segment.ts";
import { verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { findReceipt } from "#app/domain/recordings/receipt.ts";
import { findStreamState } from "#app/domain/streams/state.ts";
import { encodeSegments, syntheticSegments } from "#tests/bench/synthetic-segments.ts";
import {
  finishLive,
  insertLiveRecording,
  insertRunningAttempt,
  segmentKey,
  segmentRows,
  writeSegments,
} from "./recording-fixtures.ts";
import { startScriptedLiveKit } from "./scripted-livekit.ts";
import { openTestServices } from "./setup.ts";

const size = { width: 320, height: 180, kilobits: 200 };
const black = "color=c=black:size=320x180:rate=30";
const nothing = "anullsrc=sample_rate=48000";

type Test = Awaited<ReturnType<typeof openTestServices>>;
let livekit: Awaited<ReturnType<typeof startScriptedLiveKit>>;
let test: Test;
/** Eight segments each, so that they repeat without a seam. */
const made: Record<"usual" | "silent" | "black", Uint8Array[]> = { usual: [], silent: [], black: [] };
beforeAll(async () => {
  livekit = await startScriptedLiveKit();
  test = await openTestServices({ env: { LIVEKIT_URL: livekit.url, LIVEKIT_EGRESS_URL: livekit.url } });
  made.usual = await encodeSegments(size);
  made.silent = await encodeSegments({ ...size, sound: nothing });
  made.black = await encodeSegments({ ...size, picture: black });
}, 120_000);
beforeEach(() => livekit.instead.clear());
afterAll(async () => {
  await test.close();
  await livekit.close();
});

type Track = { type: "AUDIO" | "VIDEO"; muted?: boolean };
/** What the host sends. */
const sends = (...tracks: Track[]) =>
  livekit.instead.set("ListParticipants", () => ({
    body: {
      participants: [
        { identity: "host", permission: { can_publish: true }, tracks },
        { identity: "recorder", permission: { recorder: true }, tracks: [] },
      ],
    },
  }));
const camera: Track = { type: "VIDEO" };
const microphone: Track = { type: "AUDIO" };

type Kind = keyof typeof made;

/** A live stream of which so many segments of each kind were recorded one after the other. */
async function record(...spans: [Kind, number][]) {
  const { services, db } = test;
  const live = await insertLiveRecording(services);
  const attempt = await insertRunningAttempt(services, live);
  let number = 0;
  const more = async (kind: Kind, count: number) => {
    const from = number;
    number += count;
    const [, ...clock] = [...syntheticSegments({ base: made[kind], durationMs: number * 2000 + 2000 })];
    const bytes = clock.slice(from, number).map((each) => each.bytes);
    if (from === 0) await writeSegments(services.storage, attempt.prefix, bytes, { startsAt: new Date() });
    else
      for (const [index, each] of bytes.entries())
        await services.storage.write(segmentKey(attempt.prefix, from + index), each, "video/mp2t");
    // A worker looks each second: never at more than it has time for.
    await verifyLiveSegments(services);
  };
  const asHost = () => findStreamState(db, { streamId: live.streamId, userId: live.people.host.id });
  for (const [kind, count] of spans)
    for (let left = count; left > 0; left -= 10) await more(kind, Math.min(10, left));
  return { ...live, ...attempt, more, asHost, blanks: async () => (await asHost())!.recording!.blanks };
}

describe("what cannot be heard or seen", () => {
  it("is written down of each segment: all sound, and a picture each ten seconds", async () => {
    sends(camera, microphone);
    const { recordingId } = await record(["usual", 6], ["silent", 6], ["black", 6]);
    const rows = await segmentRows(test.db, recordingId);
    expect(rows.map(({ silent }) => silent)).toEqual([
      ...Array<boolean>(6).fill(false),
      ...Array<boolean>(6).fill(true),
      ...Array<boolean>(6).fill(false),
    ]);
    expect(rows.map(({ black }) => black)).toEqual(
      Array.from({ length: 18 }, (_, number) => (number % 5 === 0 ? number >= 12 : null)),
    );
  });

  it("is told to the team after a minute while it is sent, and to nobody else", async () => {
    sends(camera, microphone);
    const live = await record(["usual", 2], ["silent", 29]);
    expect(await live.blanks()).toEqual([]);
    await live.more("silent", 2);
    expect(await live.blanks()).toMatchObject([{ kind: "silent", published: "on" }]);
    const rows = await segmentRows(test.db, live.recordingId);
    expect(new Date((await live.blanks())[0]!.since)).toEqual(rows[2]!.program_time);
    const { viewer, moderator, stranger } = live.people;
    const stateOf = (person: { id: string }) =>
      findStreamState(test.db, { streamId: live.streamId, userId: person.id });
    expect((await stateOf(moderator))!.recording!.blanks).toHaveLength(1);
    expect((await stateOf(viewer))!.recording).toBeNull();
    expect((await stateOf(stranger))!.recording).toBeNull();

    // Heard again: over, and on the receipt for good.
    await live.more("usual", 1);
    expect(await live.blanks()).toEqual([]);
    await finishLive(test.services, live);
    expect((await findReceipt(test.db, live)).blanks).toEqual([
      { kind: "silent", published: "on", atMs: 4000, ms: 62_000 },
    ]);
    expect((await stateOf(viewer))!.recording).toMatchObject({ status: "ready", blanks: [], leftOut: null });
  }, 120_000);

  it("is a black picture, too, and one that goes on to the end ends there", async () => {
    sends(camera, microphone);
    const live = await record(["black", 40]);
    expect(await live.blanks()).toMatchObject([{ kind: "black", published: "on" }]);
    await finishLive(test.services, live);
    expect((await findReceipt(test.db, live)).blanks).toEqual([
      { kind: "black", published: "on", atMs: 0, ms: 80_000 },
    ]);
  }, 120_000);

  it("is no alarm where no sound is sent, as of a screen alone, and none once nothing is sent any more", async () => {
    sends(camera);
    const live = await record(["silent", 35]);
    expect(await live.blanks()).toEqual([]);
    sends(camera, { ...microphone, muted: true });
    await live.more("silent", 1);
    expect(await live.blanks()).toMatchObject([{ kind: "silent", published: "off" }]);
    sends(camera, microphone);
    await live.more("silent", 1);
    expect(await live.blanks()).toMatchObject([{ kind: "silent", published: "on" }]);
    sends(camera);
    await live.more("silent", 1);
    expect(await live.blanks()).toEqual([]);
  }, 120_000);

  it("is told as soon as LiveKit says what is sent, when it could not be asked", async () => {
    livekit.instead.set("ListParticipants", () => ({ status: 503, body: { code: "unavailable", msg: "" } }));
    const live = await record(["silent", 32]);
    expect(await live.blanks()).toEqual([]);
    sends(camera, microphone);
    await live.more("silent", 1);
    expect(await live.blanks()).toHaveLength(1);
  }, 120_000);
});

describe("black and silent", () => {
  const first = (segments: Uint8Array[]) => {
    const segment = readSegment(segments[0]!);
    if (!segment.ok) throw new Error(segment.detail);
    return segment;
  };
  const encode = async (made: Parameters<typeof encodeSegments>[0]) =>
    first(await encodeSegments({ ...size, count: 1, ...made }));

  it.each([
    [black, true],
    [`${black},noise=alls=6:allf=t`, true],
    ["color=c=0x1c1c24:size=320x180:rate=30", false],
    [`${black},drawbox=x=20:y=60:w=160:h=12:color=white:t=fill`, false],
  ])("%s is black: %s", async (picture, expected) => {
    const { media } = test.services;
    const { video } = await encode({ picture, sound: null });
    expect(isBlack(await media.measure(await media.onlooker.look(keyFrameOf(video!))))).toBe(expected);
  });

  it.each([
    [nothing, true],
    ["anoisesrc=amplitude=0.0004:sample_rate=48000", true],
    ["anoisesrc=amplitude=0.01:sample_rate=48000", false],
    ["sine=frequency=200:sample_rate=48000,volume=0.05", false],
  ])("%s is silent: %s", async (sound, expected) => {
    const { audio } = await encode({ picture: null, sound });
    expect(isSilent(await test.services.media.onlooker.listen(audio!.bytes))).toBe(expected);
  });

  it("garbage is neither, and what comes after it is looked at all the same", async () => {
    const { onlooker } = test.services.media;
    const garbage = new Uint8Array(5000).fill(0x5a);
    const { audio } = await encode({ picture: null });
    const answers = await Promise.allSettled([
      onlooker.listen(garbage),
      onlooker.look(garbage),
      onlooker.listen(audio!.bytes.slice(0, 40)),
      onlooker.listen(audio!.bytes),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
  });
});
