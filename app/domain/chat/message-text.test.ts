import { expect, it } from "vitest";
import { readMessageText } from "./message-text.ts";

const textOf = (typed: string) => {
  const read = readMessageText(typed);
  return read.ok ? read.text : `refused: ${read.message}`;
};

it.each([
  ["spaces around it", "  Hello  there ", "Hello there"],
  ["HTML, as it is", "<b>bold</b> & <script>alert(1)</script>", "<b>bold</b> & <script>alert(1)</script>"],
  ["a family, as one character", "👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"],
  ["languages that join letters", "नमस्ते می‌خواهم", "नमस्ते می‌خواهم"],
  ["Arabic and Hebrew", "مرحبا שלום", "مرحبا שלום"],
  ["a letter with two marks", "Việt", "Việt"],
  ["line breaks of every system", "one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"],
  ["empty lines between", "one\n\n\n\ntwo", "one\ntwo"],
])("keeps %s", (_, typed, text) => {
  expect(textOf(typed)).toBe(text.normalize("NFC"));
});

it("drops what turns text around, and what nobody sees", () => {
  expect(textOf("\u202Eabc\u2066 \u200Fx\u0000\u0007\u200B\uFEFFy\u00AD")).toBe("abc xy");
  expect(textOf("a\uD800b")).toBe("ab");
});

it("lets accents pile up no higher than three", () => {
  const zalgo = `H${"\u0335\u0321\u0353\u0310".repeat(40)}i`;
  expect(textOf(zalgo).length).toBeLessThanOrEqual(6);
  expect(textOf(zalgo)).toMatch(/^H.*i$/u);
});

it.each([
  ["nothing", ""],
  ["space", " \n\t "],
  ["what nobody sees", "\u200B\u2060\u202E\u3164"],
  ["marks without a letter", "\u0301\u0301"],
])("refuses %s", (_, typed) => {
  expect(readMessageText(typed)).toEqual({ ok: false, message: "Write something first." });
});

it("counts characters as people see them: 500 of them, and no more", () => {
  expect(readMessageText("x".repeat(500)).ok).toBe(true);
  expect(readMessageText("x".repeat(501))).toEqual({
    ok: false,
    message: "This is too long: at most 500 characters, and this has 501.",
  });
  expect(readMessageText("👍🏽".repeat(400)).ok).toBe(true);
});

it.each([
  ["4,000 emoji with joiners", "👨‍👩‍👧‍👦".repeat(4000)],
  ["100,000 characters", "x".repeat(100_000)],
  ["500 emoji of eleven parts each", "👨‍👩‍👧‍👦".repeat(500)],
])("refuses %s", (_, typed) => {
  expect(readMessageText(typed)).toMatchObject({
    ok: false,
    message: expect.stringContaining("at most 500 characters"),
  });
});

it("refuses more than five lines", () => {
  expect(readMessageText("1\n2\n3\n4\n5").ok).toBe(true);
  expect(textOf("1\n2\n3\n4\n5\n6")).toBe("refused: A message has at most 5 lines.");
});
