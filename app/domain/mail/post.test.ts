import { describe, expect, it } from "vitest";
import { retrySeconds } from "./post.ts";

describe("between two tries", () => {
  const minute = 60;
  it("of a reminder are two minutes at most", () => {
    expect([1, 2, 3, 4, 5, 9].map((claims) => retrySeconds(claims, 25 * minute))).toEqual([
      10, 20, 40, 80, 120, 120,
    ]);
  });

  it("of what can be told for weeks is up to an hour", () => {
    const weeks = 60 * 24 * 60 * minute;
    expect([1, 5, 9, 10, 50].map((claims) => retrySeconds(claims, weeks))).toEqual([
      10, 160, 2560, 3600, 3600,
    ]);
    expect(retrySeconds(50, 3 * 60 * minute)).toBe(450);
  });
});
