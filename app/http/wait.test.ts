import { expect, it } from "vitest";
import { waitInWords } from "./wait.ts";

it.each([
  [0.2, "in a second"],
  [40, "in 40 seconds"],
  [301, "in 6 minutes"],
  [7300, "in 3 hours"],
])("%d seconds are %s", (seconds, words) => {
  expect(waitInWords(seconds)).toBe(words);
});
