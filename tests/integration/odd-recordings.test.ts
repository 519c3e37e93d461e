import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspectSegment } from "#app/domain/media/segment.ts";
import { verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { encodeSegments, shiftClock } from "#tests/bench/synthetic-segments.ts";
import { decodeWhole } from "#tests/mp4-decoder.ts";
import { browse } from "./pages.ts";
import {
  exportRows,
  finishLive,
  insertLiveRecording,
  insertRunningAttempt,
  makeExports,
  recordingRow,
  writeSegments,
} from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit } = browse(() => web);
const small = { width: 320, height: 180, kilobits: 200 };

/** A stream of which these were recorded, ended and finished; as its viewers and its host get it. */
async function recorded(segments: readonly Uint8Array[]) {
  const { services, db } = web;
  const live = await insertLiveRecording(services);
  const { prefix } = await insertRunningAttempt(services, live);
  await writeSegments(services.storage, prefix, segments, { startsAt: new Date() });
  await verifyLiveSegments(services);
  await finishLive(services, live);
  await makeExports(services, live.recordingId);
  const viewer = await cookieOf(live.people.viewer);
  const playlist = await web.fetch(`/media/${live.streamId}/${live.recordingId}/index.m3u8`, {
    cookie: viewer,
  });
  expect(playlist.status).toBe(200);
  const text = await playlist.text();
  const lengths = [...text.matchAll(/#EXTINF:([\d.]+),/g)].map(([, seconds]) => Number(seconds));
  const exports = await exportRows(db, live.recordingId);
  const mp4 = exports.find(({ kind }) => kind === "mp4")!;
  const file = await services.storage.read(mp4.key!);
  const page = await visit(`/account/streams/${live.streamId}/recording`, await cookieOf(live.people.host));
  return {
    row: await recordingRow(db, live.recordingId),
    text,
    lengths,
    seconds: lengths.reduce((sum, each) => sum + each, 0),
    mp4: await decodeWhole(file!),
    states: Object.fromEntries(exports.map(({ kind, status, reason }) => [kind, reason || status])),
    words: page.words,
    status: page.status,
  };
}

describe("a recording", () => {
  it("of three seconds plays for three seconds", async () => {
    const { row, lengths, text, mp4, states, words } = await recorded(
      await encodeSegments({ ...small, seconds: 3 }),
    );
    expect(row).toMatchObject({ status: "ready", duration_ms: 3000 });
    expect(lengths).toEqual([2, 1]);
    expect(text).toContain("#EXT-X-ENDLIST");
    expect(mp4.seconds).toBeCloseTo(3, 1);
    expect(mp4.video[0]!.times).toHaveLength(90);
    expect(mp4.audio[0]!.seconds).toBeCloseTo(3, 1);
    expect(states).toEqual({ mp4: "ready", poster: "ready", sprite: "ready" });
    expect(words).toContain("Picture and sound");
  });

  it("without a picture plays its sound, and says that there is no picture", async () => {
    const { row, lengths, seconds, mp4, states, words } = await recorded(
      await encodeSegments({ count: 4, picture: null }),
    );
    expect(row).toMatchObject({ status: "ready", width: null, height: null });
    expect(lengths.length).toBeGreaterThanOrEqual(3);
    expect(seconds).toBeCloseTo(8, 0);
    expect(mp4.video).toEqual([]);
    expect(mp4.audio).toHaveLength(1);
    expect(mp4.seconds).toBeCloseTo(8, 0);
    expect(states).toEqual({
      mp4: "ready",
      poster: "There is no picture in this recording.",
      sprite: "There is no picture in this recording.",
    });
    expect(words).toContain("Sound, no picture at all");
  });

  it("without sound, as of a screen alone, plays its picture and says that there is no sound", async () => {
    // A still page with some words on it.
    const screen = "color=c=white:size=640x360:rate=30,drawbox=x=40:y=40:w=300:h=20:color=black:t=fill";
    const { row, lengths, mp4, states, words } = await recorded(
      await encodeSegments({ count: 3, sound: null, picture: screen, kilobits: 200 }),
    );
    expect(row).toMatchObject({ status: "ready", duration_ms: 6000, width: 640, height: 360 });
    expect(lengths).toEqual([2, 2, 2]);
    expect(mp4.audio).toEqual([]);
    expect(mp4.video[0]!.times).toHaveLength(180);
    expect(states).toEqual({ mp4: "ready", poster: "ready", sprite: "ready" });
    expect(words).toContain("Picture, no sound at all");
  });

  it("that loses its sound in the middle plays to its end, and says where", async () => {
    const whole = await encodeSegments({ ...small, count: 2 });
    const mute = await encodeSegments({ ...small, count: 2, sound: null });
    const [first, next] = [inspectSegment(whole[1]!), inspectSegment(mute[0]!)];
    if (!first.ok || !next.ok) throw new Error("encoded wrongly");
    for (const bytes of mute) shiftClock(bytes, first.endPts - next.firstPts);
    const { row, mp4, words } = await recorded([...whole, ...mute]);
    expect(row).toMatchObject({ status: "ready", duration_ms: 8000 });
    expect(mp4.video[0]!.times).toHaveLength(240);
    expect(mp4.audio[0]!.seconds).toBeCloseTo(8, 0);
    expect(words).toContain("Kept, although odd: 2 (from here without sound)");
  });

  it("whose only piece is none that plays is told as that to viewers and team, and not as one that is being made", async () => {
    const { services, db } = web;
    const live = await insertLiveRecording(services);
    const { prefix } = await insertRunningAttempt(services, live);
    await writeSegments(services.storage, prefix, [Buffer.alloc(188 * 100, 0x47)], { startsAt: new Date() });
    await verifyLiveSegments(services);
    await finishLive(services, live);
    expect(await recordingRow(db, live.recordingId)).toMatchObject({ status: "failed" });
    const [viewer, host] = [await cookieOf(live.people.viewer), await cookieOf(live.people.host)];
    const studio = `/account/streams/${live.streamId}`;
    const told = [
      [live.path, viewer, "The recording of this stream failed, so there is no replay."],
      [studio, host, "There is no replay: What was recorded cannot be played."],
      [`${studio}/recording`, host, "There is no recording that plays: What was recorded cannot be played."],
    ] as const;
    for (const [page, cookie, sentence] of told) {
      const { words } = await visit(page, cookie);
      expect(words).toContain(sentence);
      expect(words).not.toMatch(/being (?:put together|finished|made|recorded)|handing over/);
    }
    expect((await visit(`${studio}/recording`, host)).words).toMatch(/Left out: 0 \([a-z ]+\)/);
  });
});
