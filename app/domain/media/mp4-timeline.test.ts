import { expect, it } from "vitest";
import { createTimeline } from "./mp4-timeline.ts";

/** Where segments of two seconds stand, in seconds: each with its attempt and where its own clock begins. */
function place(segments: [attempt: string, begins: number][]) {
  const timeline = createTimeline();
  return segments.map(([attempt, begins]) => {
    const firstPts = Math.round(begins * 90_000);
    const { offset, isNewClock } = timeline.place({ attempt, firstPts, endPts: firstPts + 180_000 });
    return [(firstPts + offset) / 90_000, isNewClock];
  });
}

it("segments whose clock goes on stand as far apart as it says", () => {
  expect(
    place([
      ["1", 10],
      ["1", 12.04],
      ["1", 14],
    ]),
  ).toEqual([
    [0, false],
    [2.04, false],
    [4, false],
  ]);
});

it("what is missing, was cut out, or lies between two attempts takes no time, as in the replay", () => {
  expect(
    place([
      ["1", 10],
      ["1", 18],
      ["2", 500],
      ["2", 502],
      ["2", 3],
    ]),
  ).toEqual([
    [0, false],
    [2, true],
    [4, true],
    [6, false],
    [8, true],
  ]);
});
