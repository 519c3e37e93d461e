import { expect, test } from "vitest";
import { readRange } from "./byte-ranges.ts";

test("a range is cut to what there is", () => {
  expect(readRange("bytes=0-9", 100)).toEqual({ start: 0, end: 9 });
  expect(readRange("bytes=90-", 100)).toEqual({ start: 90, end: 99 });
  expect(readRange("bytes=90-1000", 100)).toEqual({ start: 90, end: 99 });
  expect(readRange("bytes=-10", 100)).toEqual({ start: 90, end: 99 });
  expect(readRange("bytes=-1000", 100)).toEqual({ start: 0, end: 99 });
});

test("a range beyond the end, or of nothing, cannot be satisfied", () => {
  expect(readRange("bytes=100-", 100)).toBe("unsatisfiable");
  expect(readRange("bytes=100-200", 100)).toBe("unsatisfiable");
  expect(readRange("bytes=-0", 100)).toBe("unsatisfiable");
});

test("what is no single range of bytes is answered with the whole", () => {
  for (const header of [
    undefined,
    "",
    "bytes=-",
    "bytes=9-1",
    "bytes=0-1,5-6",
    "lines=1-2",
    "bytes=a-b",
    "bytes=1",
  ]) {
    expect(readRange(header, 100)).toBeUndefined();
  }
});
