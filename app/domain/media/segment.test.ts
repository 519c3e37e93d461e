import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { continuityBetween } from "./continuity.ts";
import { inspectSegment, type SegmentFacts } from "./segment.ts";

const folder = path.join(import.meta.dirname, "../../../tests/fixtures/segments");
const read = (set: string) =>
  readdirSync(path.join(folder, set))
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => new Uint8Array(readFileSync(path.join(folder, set, name))));

function good(bytes: Uint8Array): SegmentFacts {
  const facts = inspectSegment(bytes);
  if (!facts.ok) throw new Error(`${facts.reason}: ${facts.detail}`);
  return facts;
}
const reasonOf = (bytes: Uint8Array) => {
  const facts = inspectSegment(bytes);
  return facts.ok ? "fine" : facts.reason;
};

const egress = read("egress");
const killed = read("egress-killed");
const x264 = read("x264");

describe("a segment of a real Egress", () => {
  it("says when it begins, how long it is and what is in it", () => {
    const facts = good(egress[0]!);
    expect(facts.firstPts).toBe(3600 * 90_000);
    expect(facts.durationMs).toBeCloseTo(2000, 0);
    expect(facts.video).toMatchObject({
      codec: "h264",
      profile: 77,
      width: 1280,
      height: 720,
      frames: 60,
      keyFrames: 1,
      startsWithKeyFrame: true,
      hasBFrames: true,
    });
    expect(facts.audio).toMatchObject({ codec: "aac", sampleRate: 44_100, channels: 2 });
  });

  it("follows the one before it without a hole", () => {
    const all = egress.map(good);
    for (const [index, next] of all.entries()) {
      if (index === 0) continue;
      expect(continuityBetween(all[index - 1]!, next)).toMatchObject({
        time: "continuous",
        discontinuous: false,
      });
    }
  });

  it("may be short, and without sound", () => {
    const last = good(egress.at(-1)!);
    expect(last.durationMs).toBeCloseTo(400, 0);
    expect(last.audio).toBeNull();
  });

  it("left by one that was killed is whole", () => {
    for (const bytes of killed) expect(good(bytes).durationMs).toBeCloseTo(4000, 0);
  });
});

describe("what is no segment", () => {
  it("is told apart: empty, cut off, damaged, something else", () => {
    expect(reasonOf(new Uint8Array(0))).toBe("empty");
    expect(reasonOf(egress[0]!.subarray(0, 100))).toBe("truncated");
    expect(reasonOf(egress[0]!.subarray(0, 188 * 100 + 50))).toBe("truncated");
    expect(reasonOf(new TextEncoder().encode("<Error><Code>NoSuchKey</Code></Error>"))).toBe(
      "not_transport_stream",
    );
    expect(reasonOf(new Uint8Array(188 * 50).fill(0x47))).not.toBe("fine");
    expect(reasonOf(new Uint8Array(188 * 50))).toBe("not_transport_stream");
  });

  it("is found where packets are lost in its middle, or overwritten", () => {
    const bytes = x264[0]!;
    const middle = 188 * Math.floor(bytes.length / 188 / 2);
    const lost = new Uint8Array(bytes.length - 188);
    lost.set(bytes.subarray(0, middle));
    lost.set(bytes.subarray(middle + 188), middle);
    expect(reasonOf(lost)).not.toBe("fine");
    const overwritten = bytes.slice();
    overwritten.fill(0, middle, middle + 188 * 3);
    expect(reasonOf(overwritten)).not.toBe("fine");
  });

  it("is found wherever a segment was cut off", () => {
    const bytes = x264[0]!;
    for (let share = 0.05; share < 1; share += 0.05) {
      const cut = Math.floor((bytes.length * share) / 188) * 188 + 7;
      expect(reasonOf(bytes.subarray(0, cut))).toBe("truncated");
    }
  });

  it("never throws, whatever the bytes are", () => {
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let round = 0; round < 60; round++) {
      const bytes = x264[0]!.slice();
      for (let hit = 0; hit < 40; hit++)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      expect(() => inspectSegment(bytes)).not.toThrow();
    }
  });
});

describe("how segments follow each other", () => {
  const [first, second, third] = x264.map(good) as [SegmentFacts, SegmentFacts, SegmentFacts];

  it("a missing one is a gap of its length", () => {
    const { time, ms, discontinuous } = continuityBetween(first, third);
    expect([time, Math.round(ms), discontinuous]).toEqual(["gap", 2000, true]);
  });

  it("the same one again, or another clock, is a new clock", () => {
    expect(continuityBetween(second, first).time).toBe("clock_reset");
    expect(continuityBetween(first, good(egress[0]!)).discontinuous).toBe(true);
  });

  it("another picture size is another set-up for the decoder", () => {
    expect(continuityBetween(first, good(read("x264-high")[0]!)).parametersChanged).toBe(true);
    expect(continuityBetween(first, second).parametersChanged).toBe(false);
  });
});
