import { expect, test } from "vitest";
import { delayInWords, whyDelayed } from "./delay-words.ts";

test("a delay is said as it is, and not before it is known", () => {
  expect(delayInWords(8_400)).toBe("About 8 seconds behind");
  expect(delayInWords(240_000)).toBe("About 4 minutes behind");
  expect(delayInWords(null)).toBe("With a delay");
});

test("who did not choose the delay is told why, and everybody that the host is away", () => {
  const here = { hostAbsent: false };
  expect(whyDelayed({ delayed: true, why: "chosen" }, here)).toBe("");
  expect(whyDelayed({ delayed: true, why: "full" }, here)).toMatch(/^So many people/);
  expect(whyDelayed({ delayed: true, why: "offered" }, here)).toMatch(/^There is a place now/);
  expect(whyDelayed({ delayed: true, why: "queue" }, here)).toMatch(/^So many people are coming in/);
  expect(whyDelayed({ delayed: true, why: "late" }, here)).toMatch(/cannot be reached from here/);
  expect(whyDelayed({ delayed: true, why: "full" }, { hostAbsent: true })).toMatch(/^The host's connection/);
});
