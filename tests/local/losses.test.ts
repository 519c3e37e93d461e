import { expect, it } from "vitest";
import { lossesOf } from "#tests/bench/losses.ts";

const part = (attempt: number, second: number) => ({
  attempt,
  programTime: new Date(second * 1000),
  durationMs: 2000,
});
const kill = (second: number) => ({ at: second * 1000, all: false, early: false });

it("a kill costs what is missing around it, and of two without a picture between them each its own time", () => {
  const parts = [part(1, 0), part(1, 2), part(2, 20), part(4, 50), part(4, 52)];
  // The third attempt was killed before anything of it was there.
  expect(lossesOf([kill(5), kill(23), kill(35)], parts)).toEqual([16_000, 13_000, 15_000]);
});

it("a kill after which nothing plays is no measurement", () => {
  expect(() => lossesOf([kill(5)], [part(1, 0)])).toThrow("nothing plays around kill 1");
});
