import { expect, test } from "vitest";
import { readTime, writeTime } from "./typed-time.ts";

const hours = 3_600_000 * 6;
const ms = (typed: string, durationMs = hours) => {
  const read = readTime(typed, durationMs);
  return read.ok ? read.ms : read.sentence;
};

test("times are typed as a clock shows them, or in seconds", () => {
  expect(ms("1:02:03")).toBe(3_723_000);
  expect(ms("4:05.5")).toBe(245_500);
  expect(ms("04:05")).toBe(245_000);
  expect(ms("90:00")).toBe(5_400_000);
  expect(ms(" 90 ")).toBe(90_000);
  expect(ms("90,25 s")).toBe(90_250);
  expect(ms("0")).toBe(0);
});

test("what is no time is refused in words", () => {
  for (const typed of ["", "soon", "1:2", "4:65", "1:70:00", "1:02:03:04", "1e9", "0x10", "NaN", "٣"])
    expect([typed, ms(typed)]).toEqual([typed, "Write a time like 1:02:03 or 4:05, or in seconds, like 90."]);
  expect(ms("-5")).toBe("A recording begins at 0:00, and not before.");
});

test("a time after the end is refused, but for what a page has rounded", () => {
  expect(ms("14", 12_040)).toBe("The recording ends at 0:12, and this is after it.");
  expect(ms("0:12.1", 12_060)).toBe(12_060);
});

test("a time is written as it is typed", () => {
  expect([0, 6000, 6449, 59_960, 3_723_000].map(writeTime)).toEqual([
    "0:00",
    "0:06",
    "0:06.4",
    "1:00",
    "1:02:03",
  ]);
});
