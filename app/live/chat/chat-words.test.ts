import { expect, it } from "vitest";
import { charactersIn, toPieces, waitWords } from "./chat-words.ts";

it.each([
  [0, "0 s"],
  [59, "59 s"],
  [60, "1 min"],
  [245, "4 min 5 s"],
  [3600, "1 h"],
  [7500, "2 h 5 min"],
])("%i seconds are “%s”", (seconds, words) => {
  expect(waitWords(seconds)).toBe(words);
});

it("counts characters as people see them, and does not look long at what is too long", () => {
  expect(charactersIn("👨‍👩‍👧‍👦é")).toBe(2);
  expect(charactersIn("👨‍👩‍👧‍👦".repeat(10_000))).toBeGreaterThan(500);
});

it("makes links of web addresses, without the full stop behind them", () => {
  expect(toPieces("see https://example.com/a?b=c. Bye")).toEqual([
    { text: "see " },
    { text: "https://example.com/a?b=c", href: "https://example.com/a?b=c" },
    { text: ". Bye" },
  ]);
});

it.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "https://bank.example@evil.example",
  "<b>https</b>",
  "ftp://x.example",
])("makes no link of %s", (text) => {
  expect(toPieces(text).every(({ href }) => href === undefined)).toBe(true);
});
