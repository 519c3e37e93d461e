import { expect, test } from "vitest";
import { toEdited, toRecorded, toRecordedEnd } from "./edited-time.ts";

/** Of 20 s, the first two and those from 6 to 10 are cut. */
const kept = [
  { fromMs: 2000, toMs: 6000 },
  { fromMs: 10_000, toMs: 20_000 },
];

test("without an edit both times are the same", () => {
  expect(toEdited(null, 4200)).toBe(4200);
  expect(toRecorded(null, 4200)).toBe(4200);
  expect(toRecordedEnd(null, 4200)).toBe(4200);
});

test("a moment moves forward by what was cut before it", () => {
  expect(toEdited(kept, 2000)).toBe(0);
  expect(toEdited(kept, 5000)).toBe(3000);
  expect(toEdited(kept, 12_000)).toBe(6000);
});

test("a moment that was cut out stands where the next one is", () => {
  expect(toEdited(kept, 0)).toBe(0);
  expect(toEdited(kept, 6000)).toBe(4000);
  expect(toEdited(kept, 9999)).toBe(4000);
  expect(toEdited(kept, 30_000)).toBe(14_000);
});

test("a place of what plays is found in the recording", () => {
  expect(toRecorded(kept, 0)).toBe(2000);
  expect(toRecorded(kept, 3999)).toBe(5999);
  expect(toRecorded(kept, 4000)).toBe(10_000);
  expect(toRecorded(kept, 14_000)).toBe(20_000);
  expect(toRecorded(kept, 99_000)).toBe(20_000);
  expect(toRecorded(kept, -5)).toBe(2000);
});

test("there and back is the same moment wherever something plays", () => {
  for (let ms = 0; ms < 14_000; ms += 250) expect(toEdited(kept, toRecorded(kept, ms))).toBe(ms);
});

test("what ends where something was cut out ends before the cut", () => {
  expect(toRecordedEnd(kept, 0)).toBe(2000);
  expect(toRecordedEnd(kept, 3999)).toBe(5999);
  expect(toRecordedEnd(kept, 4000)).toBe(6000);
  expect(toRecordedEnd(kept, 4001)).toBe(10_001);
  expect(toRecordedEnd(kept, 14_000)).toBe(20_000);
  expect(toRecordedEnd(kept, 99_000)).toBe(20_000);
});
