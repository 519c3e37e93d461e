import { describe, expect, test } from "vitest";
import { recordingClock, type TimedPiece } from "./recording-time.ts";

const start = Date.parse("2026-11-23T12:00:00Z");
const at = (seconds: number) => new Date(start + seconds * 1000);
const piece = (seconds: number | null, length = 2): TimedPiece => ({
  durationMs: length * 1000,
  programTime: seconds === null ? null : at(seconds),
});

describe("what happened while something was recorded", () => {
  test("stands at its own moment", () => {
    const pieces = [piece(0), piece(2), piece(4)];
    expect(recordingClock(pieces).timeOf(at(0))).toBe(0);
    expect(recordingClock(pieces).timeOf(at(3.5))).toBe(3500);
    expect(recordingClock(pieces).timeOf(at(5.999))).toBe(5999);
  });

  test("stands there as well behind pieces whose time nobody told", () => {
    expect(recordingClock([piece(null), piece(2), piece(null), piece(6)]).timeOf(at(5))).toBe(5000);
    expect(recordingClock([piece(null), piece(2)]).timeOf(at(1))).toBe(1000);
  });
});

describe("what happened while nothing was recorded", () => {
  test("stands at the next moment that there is, over one gap and over several", () => {
    const pieces = [piece(0), piece(30), piece(60)];
    expect(recordingClock(pieces).timeOf(at(10))).toBe(2000);
    expect(recordingClock(pieces).timeOf(at(29.999))).toBe(2000);
    expect(recordingClock(pieces).timeOf(at(31))).toBe(3000);
    expect(recordingClock(pieces).timeOf(at(45))).toBe(4000);
  });

  test("stands at the beginning or at the end of the recording", () => {
    const pieces = [piece(0), piece(2)];
    expect(recordingClock(pieces).timeOf(at(-600))).toBe(0);
    expect(recordingClock(pieces).timeOf(at(4))).toBe(4000);
    expect(recordingClock(pieces).timeOf(at(4000))).toBe(4000);
    expect(recordingClock([]).timeOf(at(0))).toBe(0);
  });

  test("stands at the cut where an edit took its moment out", () => {
    const edited = [piece(2), piece(4, 0.5), piece(8)];
    expect(recordingClock(edited).timeOf(at(1))).toBe(0);
    expect(recordingClock(edited).timeOf(at(4.2))).toBe(2200);
    expect(recordingClock(edited).timeOf(at(6))).toBe(2500);
    expect(recordingClock(edited).timeOf(at(9))).toBe(3500);
  });
});

test("a clock that was set back changes nobody's order", () => {
  const { timeOf } = recordingClock([piece(0), piece(1), piece(3)]);
  const times = [0, 0.5, 1, 1.9, 2.5, 3, 4, 5, 6].map((seconds) => timeOf(at(seconds)));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test("until which instant things stand before a moment agrees with where they stand", () => {
  const { timeOf, dateOf, durationMs } = recordingClock([piece(0), piece(30), piece(40, 5)]);
  expect(durationMs).toBe(9000);
  expect(dateOf(0)).toEqual(at(0));
  expect(dateOf(1999)).toEqual(at(1.999));
  expect(dateOf(2000)).toEqual(at(30));
  expect(dateOf(6500)).toEqual(at(42.5));
  expect(dateOf(9000)).toBeNull();
  for (const ms of [0, 1, 1999, 2000, 2001, 3999, 4000, 8999]) {
    const until = dateOf(ms)!;
    expect(timeOf(until)).toBe(ms);
    expect(timeOf(new Date(until.getTime() + 1))).toBeGreaterThan(ms);
  }
});
