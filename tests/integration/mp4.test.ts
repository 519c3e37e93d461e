import { describe, expect, it } from "vitest";
import { type ExportSegment, type Mp4Plan, planMp4, writeMp4 } from "#app/domain/media/mp4-writer.ts";
import { readMp4Facts } from "#app/services/media/mp4-facts.ts";
import { shiftClock, syntheticSegments } from "#tests/bench/synthetic-segments.ts";
import { type DecodedTrack, decodeWhole } from "#tests/mp4-decoder.ts";
import { type SegmentSet, segmentsOf } from "./recording-fixtures.ts";

const MiB = 1024 * 1024;
const smallPlan: Mp4Plan = { partSize: 5 * MiB, headParts: 1 };

/** Takes the parts as storage does: in any order, equal but for the last one. */
async function write(segments: ExportSegment[] | AsyncIterable<ExportSegment>, plan = smallPlan) {
  const parts = new Map<number, Uint8Array>();
  const order: number[] = [];
  const summary = await writeMp4({
    segments,
    plan,
    sink: {
      async writePart(number, bytes) {
        order.push(number);
        parts.set(number, bytes.slice());
      },
    },
  });
  const numbers = [...parts.keys()].sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  for (const number of numbers.slice(0, -1)) expect(parts.get(number)!.length).toBe(plan.partSize);
  const file = Buffer.concat(numbers.map((number) => parts.get(number)!));
  expect(file.length).toBe(summary.bytes);
  return { file, summary, order };
}

async function exportOf(set: SegmentSet, attempt = "1"): Promise<ExportSegment[]> {
  return (await segmentsOf(set)).map((bytes) => ({ bytes, attempt }));
}

function expectSound(track: DecodedTrack) {
  for (const [index, time] of track.times.entries())
    if (index > 0) expect(time).toBeGreaterThan(track.times[index - 1]!);
}

/** Shown in order, without a repeated instant; decoded in order, before they are shown. */
function expectSteady({ times, decodeTimes, presentationTimes }: DecodedTrack) {
  for (let index = 1; index < times.length; index++) expect(times[index]!).toBeGreaterThan(times[index - 1]!);
  for (let index = 1; index < decodeTimes.length; index++)
    expect(decodeTimes[index]!).toBeGreaterThan(decodeTimes[index - 1]!);
  for (const [index, time] of presentationTimes.entries())
    expect(time).toBeGreaterThanOrEqual(decodeTimes[index]! - 1e-6);
}

describe("the MP4 of a recording, decoded over its whole length by another decoder", () => {
  it("of a real Egress has every picture at its instant, B frames too, and sound throughout", async () => {
    const { file, summary } = await write(await exportOf("egress"));
    const { video, audio, seconds } = await decodeWhole(file);
    expect([video.length, audio.length]).toEqual([1, 1]);
    const [picture, sound] = [video[0]!, audio[0]!];
    expect(picture.times).toHaveLength(7 * 60 + 12);
    expect([picture.width, picture.height]).toEqual([1280, 720]);
    expectSteady(picture);
    expectSound(sound);
    // B frames: not shown in the order in which they are decoded.
    expect(picture.presentationTimes.some((time, index, all) => index > 0 && time < all[index - 1]!)).toBe(
      true,
    );
    expect(picture.times[0]).toBeCloseTo(0, 2);
    expect(picture.times.at(-1)).toBeCloseTo(14.4 - 1 / 30, 1);
    for (let index = 1; index < picture.times.length; index++)
      expect(picture.times[index]! - picture.times[index - 1]!).toBeCloseTo(1 / 30, 2);
    expect(seconds).toBeCloseTo(14.4, 1);
    expect(summary.durationMs / 1000).toBeCloseTo(seconds, 1);
    // Sound was missing for a second in the fourth segment and at the end: it is silent there, not shorter.
    expect(sound.times.length * (1024 / 44_100)).toBeCloseTo(14.4, 0);
    expect(summary.audio!.silentFrames).toBeGreaterThan(80);
  });

  it.each([
    ["x264", 6, 180, [320, 180]],
    ["x264-high", 4, 100, [480, 270]],
  ] as const)("of %s segments is as long as they are", async (set, long, frames, size) => {
    const { file } = await write(await exportOf(set));
    const { video, audio, seconds } = await decodeWhole(file);
    expect([video.length, audio.length]).toEqual([1, 1]);
    expect(video[0]!.times).toHaveLength(frames);
    expect([video[0]!.width, video[0]!.height]).toEqual(size);
    expectSteady(video[0]!);
    expect(seconds).toBeCloseTo(long, 1);
  });

  it("of a recorder that was killed and its successor has both, the second directly behind the first", async () => {
    const { file } = await write([
      ...(await exportOf("egress-killed", "1")),
      ...(await exportOf("egress", "2")),
    ]);
    const { video, audio, seconds } = await decodeWhole(file);
    expect([video.length, audio.length]).toEqual([1, 1]);
    expect(video[0]!.times).toHaveLength(240 + 7 * 60 + 12);
    expectSteady(video[0]!);
    expectSound(audio[0]!);
    expect(seconds).toBeCloseTo(8 + 14.4, 0);
    for (const { times } of [video[0]!, audio[0]!])
      for (let index = 1; index < times.length; index++)
        expect(times[index]! - times[index - 1]!).toBeLessThan(0.1);
  });

  it("of two attempts with other pictures and sound decodes in both halves", async () => {
    const { file, summary } = await write([
      ...(await exportOf("x264", "1")),
      ...(await exportOf("x264-high", "2")),
    ]);
    const { video, audio } = await decodeWhole(file);
    expect([video.length, audio.length]).toEqual([1, 1]);
    expect(summary.video!.entries).toBe(2);
    expect(video[0]!.times.length).toBe(180 + 100);
    expectSteady(video[0]!);
  });

  it("leaves out a segment that is missing, as a replay does", async () => {
    const all = await exportOf("x264");
    const { file } = await write([all[0]!, all[2]!]);
    const { video, audio, seconds } = await decodeWhole(file);
    expect(seconds).toBeCloseTo(4, 1);
    expect(video[0]!.times).toHaveLength(120);
    expect(audio[0]!.seconds).toBeCloseTo(4, 1);
    expectSteady(video[0]!);
    expectSound(audio[0]!);
  });

  it("goes on over the end of the 33-bit clock", async () => {
    const bytes = (await segmentsOf("x264")).map((segment) => segment.slice());
    for (const segment of bytes) shiftClock(segment, 2 ** 33 - 270_000);
    const { file } = await write(bytes.map((each) => ({ bytes: each, attempt: "1" })));
    const { video, seconds } = await decodeWhole(file);
    expect(seconds).toBeCloseTo(6, 1);
    expect(video[0]!.times).toHaveLength(180);
    expectSteady(video[0]!);
  });

  it("of many parts is one file: equal parts, the head last, and every picture there", async () => {
    const base = await segmentsOf("x264");
    const segments = [...syntheticSegments({ base, durationMs: 60_000 })].map(({ bytes }) => ({
      bytes,
      attempt: "1",
    }));
    const { file, summary, order } = await write(segments, { partSize: 96 * 1024, headParts: 2 });
    expect(summary.parts).toBeGreaterThan(5);
    expect(order.slice(-2)).toEqual([1, 2]);
    expect(summary.tables).toBe("head");
    const { video, audio, seconds } = await decodeWhole(file);
    expect([video.length, audio.length]).toEqual([1, 1]);
    expect(video[0]!.times).toHaveLength(60 * 30);
    expectSteady(video[0]!);
    expect(seconds).toBeCloseTo(60, 0);
    const facts = await readMp4Facts({
      bytes: file.length,
      read: async (start, end) => file.subarray(start, end),
    });
    expect(facts).toMatchObject({ videoTracks: 1, audioTracks: 1, width: 320, height: 180 });
    expect(Math.abs(facts.durationMs - summary.durationMs)).toBeLessThan(100);
  });
});

describe("writing", () => {
  it("gives the same bytes for the same segments", async () => {
    const [one, two] = [await write(await exportOf("x264")), await write(await exportOf("x264"))];
    expect(Buffer.compare(one.file, two.file)).toBe(0);
  });

  it("fails with storage's error, and with a segment that cannot be read", async () => {
    const segments = await exportOf("x264");
    const full = { writePart: () => Promise.reject(new Error("storage is full")) };
    await expect(writeMp4({ segments, plan: smallPlan, sink: full })).rejects.toThrow("storage is full");
    const broken = [segments[0]!, { ...segments[1]!, bytes: segments[1]!.bytes.subarray(0, 5000) }];
    await expect(write(broken)).rejects.toThrow(/truncated/);
    await expect(write([])).rejects.toThrow("an export without segments");
  });

  it("ends when it is told to", async () => {
    const stopping = new AbortController();
    stopping.abort(new Error("no longer wanted"));
    const writing = writeMp4({
      segments: await exportOf("x264"),
      plan: smallPlan,
      sink: { writePart: async () => {} },
      signal: stopping.signal,
    });
    await expect(writing).rejects.toThrow("no longer wanted");
  });

  it("plans parts that storage takes, for a day as well", () => {
    for (const hours of [0.01, 1, 6, 24]) {
      const plan = planMp4({ durationMs: hours * 3_600_000, bytes: hours * 1.3e9 });
      expect(plan.partSize).toBeGreaterThanOrEqual(5 * MiB);
      expect((hours * 1.3e9) / plan.partSize + plan.headParts).toBeLessThan(10_000);
    }
  });
});
