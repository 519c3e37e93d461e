import { expect, it } from "vitest";
import { createTimeline } from "./mp4-timeline.ts";

/** Where segments of two seconds stand, in seconds: each with its attempt, when it was recorded, and whether a cut is before it. */
function place(segments: [attempt: string, recordedAt: number | null, afterCut?: boolean][]) {
  const timeline = createTimeline();
  return segments.map(([attempt, recordedAt, afterCut], index) => {
    const firstPts = 900_000 + index * 7_000_000;
    const at = { attempt, firstPts, endPts: firstPts + 180_000, afterCut };
    const programTimeMs = recordedAt === null ? null : recordedAt * 1000;
    return timeline.place({ ...at, programTimeMs }).startTicks / 90_000;
  });
}

it("leaves a hole between two attempts as long as what was not recorded", () => {
  expect(
    place([
      ["1", 100],
      ["2", 137],
    ]),
  ).toEqual([0, 37]);
});

it("makes no hole of what was cut out, whether or not it is known when what follows was recorded", () => {
  expect(
    place([
      ["1", 100],
      ["2", 900, true],
      ["3", 910],
    ]),
  ).toEqual([0, 2, 12]);
  expect(
    place([
      ["1", 100],
      ["2", null, true],
      ["3", 910],
    ]),
  ).toEqual([0, 2, 4]);
});
