import { describe, expect, it } from "vitest";
import { type ClockPiece, findStrays } from "./clock-line.ts";

const long = 2 * 90_000;
const start = 3600 * 90_000;
/** Segments of two seconds by where each one's clock stands, in segments from the beginning. */
const at = (...places: number[]): ClockPiece[] =>
  places.map((place, number) => ({
    number,
    firstPts: (start + place * long) % 2 ** 33,
    durationTicks: long,
  }));
const strays = (pieces: ClockPiece[], over = true) => [...findStrays(pieces, { over })];

describe("segments that do not belong where they lie", () => {
  it("are none when the clock goes on, over its end and over missing numbers too", () => {
    expect(strays(at(0, 1, 2, 3, 4))).toEqual([]);
    const turn = (2 ** 33 - start) / long - 2;
    expect(strays(at(turn, turn + 1, turn + 2, turn + 3, turn + 4))).toEqual([]);
    const missing = at(0, 1, 2, 3, 4, 5).filter(({ number }) => number !== 2 && number !== 3);
    expect(strays(missing)).toEqual([]);
    expect(strays(missing, false)).toEqual([]);
    expect(strays([])).toEqual([]);
    expect(strays(at(7))).toEqual([]);
  });

  it("are those with another clock, in the middle, at the beginning and at the end", () => {
    expect(strays(at(0, 1, 900, 3, 4))).toEqual([2]);
    expect(strays(at(0, 1, -900, -899, 4, 5, 6))).toEqual([2, 3]);
    expect(strays(at(900, 1, 2, 3))).toEqual([0]);
    expect(strays(at(0, 1, 2, -900))).toEqual([3]);
  });

  it("are the ones that come again, and both of two that were swapped", () => {
    expect(strays(at(0, 1, 2, 1, 4, 5))).toEqual([3]);
    expect(strays(at(0, 1, 5, 3, 4, 2, 6))).toEqual([2, 5]);
  });

  it("are not those of a recorder that began a new clock, or that paused", () => {
    expect(strays(at(500, 501, 502, 0, 1, 2))).toEqual([]);
    expect(strays(at(0, 1, 2, 9, 10))).toEqual([]);
    expect(strays(at(0, 1, 2, 9))).toEqual([]);
  });

  it("are in doubt until the next one comes", () => {
    expect(strays(at(0, 1, 2, 9), false)).toEqual([3]);
    expect(strays(at(0, 1, 2, 9, 10), false)).toEqual([]);
    expect(strays(at(0, 1, 2, 9, 4), false)).toEqual([3]);
  });

  it("are never those that players were told of, as long as it goes on", () => {
    const pieces = at(0, 1, 900, 3).map((piece) => ({ ...piece, firm: true }));
    expect(strays(pieces, false)).toEqual([]);
  });

  it("join to the tick where the same bytes lie in another place too", () => {
    const [a, b, c, d, e] = at(0, 1, 2, 3, 4) as [ClockPiece, ClockPiece, ClockPiece, ClockPiece, ClockPiece];
    expect(strays([a, b, { ...c, twin: true }, d, e])).toEqual([]);
    const shifted = { ...c, firstPts: c.firstPts + 530 };
    expect(strays([a, b, shifted, d, e])).toEqual([]);
    expect(strays([a, b, { ...shifted, twin: true }, d, e])).toEqual([2]);
  });
});
