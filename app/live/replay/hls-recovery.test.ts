import { expect, test } from "vitest";
import { createChances } from "./hls-recovery.ts";

test("a decoder that stumbles again and again has no chance left", () => {
  let now = 0;
  const takeChance = createChances({ now: () => now });
  expect([takeChance(), ((now += 500), takeChance()), ((now += 500), takeChance())]).toEqual([
    true,
    true,
    false,
  ]);
});

test("one that stumbles once an hour has all of them each time", () => {
  let now = 0;
  const takeChance = createChances({ now: () => now });
  for (let hour = 0; hour < 6; hour++) {
    expect(takeChance()).toBe(true);
    now += 3_600_000;
  }
});
