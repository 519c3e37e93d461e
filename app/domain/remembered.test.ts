import { describe, expect, it } from "vitest";
import { remembered } from "./remembered.ts";

describe("what is remembered", () => {
  it("is made once for the same texts, and again when others took its place", () => {
    const made: string[] = [];
    const join = remembered((first: string, second: string) => {
      made.push(first + second);
      return first + second;
    }, 2);
    expect([join("a", "b"), join("a", "b"), join("ab", "")]).toEqual(["ab", "ab", "ab"]);
    expect(made).toEqual(["ab", "ab"]);
    join("c", "d");
    join("ab", "");
    join("a", "b");
    expect(made).toEqual(["ab", "ab", "cd", "ab"]);
  });

  it("may be nothing", () => {
    let asked = 0;
    const nothing = remembered((_: string) => {
      asked += 1;
      return undefined;
    });
    expect([nothing("a"), nothing("a")]).toEqual([undefined, undefined]);
    expect(asked).toBe(1);
  });
});
