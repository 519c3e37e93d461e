import { expect, test } from "vitest";
import { clock, lengthInWords } from "./clock.ts";

test("a place in a recording reads like a player's clock", () => {
  expect(clock(0)).toBe("0:00");
  expect(clock(245_900)).toBe("4:05");
  expect(clock(3_723_000)).toBe("1:02:03");
});

test("a length is said in seconds or minutes", () => {
  expect(lengthInWords(300)).toBe("1 second");
  expect(lengthInWords(35_400)).toBe("35 seconds");
  expect(lengthInWords(125_000)).toBe("2 minutes");
});
