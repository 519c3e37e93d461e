import { expect, test } from "vitest";
import { cutSegments, partsThatStay } from "./cutting.ts";
import { editListOf } from "./edit-list.ts";
import type { Part } from "./parts.ts";

/** Segments of 2 s: five of one attempt, ten seconds that are missing, five of the next. */
const recorded: Part[] = [1, 2].flatMap((attempt) =>
  Array.from({ length: 5 }, (_, number) => ({
    attempt,
    number,
    key: `${attempt}/${number}`,
    bytes: 100,
    sha256: "",
    durationMs: 2000,
    programTime: null,
    width: 320,
    height: 180,
    discontinuity: attempt === 2 && number === 0,
    gapMs: attempt === 2 && number === 0 ? 10_000 : 0,
    waits: false,
  })),
);
const whole = { startMs: 0, endMs: 20_000, cuts: [] };
const names = (parts: Part[]) => parts.map(({ key }) => key);

test("what is not cut stays as it was recorded", () => {
  const { kept, leftOut, durationMs } = cutSegments(recorded, whole);
  expect({ kept, leftOut, durationMs }).toEqual({
    kept: [{ fromMs: 0, toMs: 20_000 }],
    leftOut: [],
    durationMs: 20_000,
  });
  expect(partsThatStay(recorded, leftOut)).toEqual(recorded);
});

test("borders move to the key frame that is nearest", () => {
  const cut = (startMs: number, endMs: number) => cutSegments(recorded, { ...whole, startMs, endMs }).kept;
  expect(cut(900, 19_100)).toEqual([{ fromMs: 0, toMs: 20_000 }]);
  expect(cut(1100, 18_900)).toEqual([{ fromMs: 2000, toMs: 18_000 }]);
  expect(cut(2900, 17_100)).toEqual([{ fromMs: 2000, toMs: 18_000 }]);
});

test("both ends and pieces are left out, over the border of two attempts too", () => {
  const cuts = [
    { fromMs: 4000, toMs: 6000 },
    { fromMs: 8000, toMs: 14_000 },
  ];
  const cutting = cutSegments(recorded, { startMs: 2000, endMs: 18_000, cuts });
  expect(cutting).toEqual({
    kept: [
      { fromMs: 2000, toMs: 4000 },
      { fromMs: 6000, toMs: 8000 },
      { fromMs: 14_000, toMs: 18_000 },
    ],
    leftOut: [
      { attempt: 1, first: 0, last: 0 },
      { attempt: 1, first: 2, last: 2 },
      { attempt: 1, first: 4, last: 4 },
      { attempt: 2, first: 0, last: 1 },
      { attempt: 2, first: 4, last: 4 },
    ],
    durationMs: 8000,
    idle: [],
  });
  const stay = partsThatStay(recorded, cutting.leftOut);
  expect(names(stay)).toEqual(["1/1", "1/3", "2/2", "2/3"]);
  expect(stay.map(({ discontinuity }) => discontinuity)).toEqual([false, true, true, false]);
  // The gap lay in what was cut.
  expect(stay.map(({ gapMs }) => gapMs)).toEqual([0, 0, 0, 0]);
  expect(editListOf(cutting.kept, 20_000)).toEqual({ startMs: 2000, endMs: 18_000, cuts });
});

test("a gap stays marked where what is beside it stays", () => {
  const cutting = cutSegments(recorded, { ...whole, cuts: [{ fromMs: 2000, toMs: 4000 }] });
  const stay = partsThatStay(recorded, cutting.leftOut);
  expect(stay.find(({ key }) => key === "2/0")).toEqual(recorded[5]);
  const before = cutSegments(recorded, { ...whole, endMs: 20_000, startMs: 10_000 });
  expect(partsThatStay(recorded, before.leftOut)[0]).toMatchObject({ gapMs: 0, discontinuity: false });
});

test("a cut shorter than half a segment does nothing, which is told", () => {
  const cut = { fromMs: 4100, toMs: 4900 };
  expect(cutSegments(recorded, { ...whole, cuts: [cut] })).toMatchObject({ leftOut: [], idle: [cut] });
});

test("a recording can be cut to nothing", () => {
  const { kept, durationMs } = cutSegments(recorded, { ...whole, cuts: [{ fromMs: 0, toMs: 20_000 }] });
  expect([kept, durationMs]).toEqual([[], 0]);
});
