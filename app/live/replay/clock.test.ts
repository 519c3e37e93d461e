import { expect, test } from "vitest";
import { clock, exactClock, lengthInWords } from "./clock.ts";

test("a place in a recording reads like a player's clock", () => {
  expect(clock(0)).toBe("0:00");
  expect(clock(245_900)).toBe("4:05");
  expect(clock(3_723_000)).toBe("1:02:03");
});

test("a length is said in seconds, minutes or hours", () => {
  expect(lengthInWords(300)).toBe("1 second");
  expect(lengthInWords(35_400)).toBe("35 seconds");
  expect(lengthInWords(125_000)).toBe("2 minutes");
  expect(lengthInWords(90 * 60_000)).toBe("90 minutes");
  expect(lengthInWords(119 * 60_000)).toBe("1 hour 59 minutes");
  expect(lengthInWords(180 * 60_000)).toBe("3 hours");
  expect(lengthInWords(301 * 60_000)).toBe("5 hours 1 minute");
});

test("a place that is taken over is exact to a tenth", () => {
  expect([0, 245_961, 3_723_049].map(exactClock)).toEqual(["0:00.0", "4:05.9", "1:02:03.0"]);
});
