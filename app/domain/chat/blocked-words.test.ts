import { describe, expect, it } from "vitest";
import { compileBlockedWords, findBlockedWord, readBlockedWords } from "./blocked-words.ts";

const find = (lines: string[], text: string) => findBlockedWord(compileBlockedWords(lines), text);

describe("a blocked word", () => {
  it.each([
    "badger",
    "BADGER!",
    "you (badger)",
    "bаdgеr", // Cyrillic а and е
    "ｂａｄｇｅｒ",
    "𝐛𝐚𝐝𝐠𝐞𝐫",
    "b4dg3r",
    "b@dger",
    "bádgèr",
    "baaaadger",
    "b a d g e r",
    "b.a.d.g.e.r",
    "bad-ger",
    "ba\u0301dger",
  ])("is found in “%s”", (text) => {
    expect(find(["badger"], text)).toBe("badger");
  });

  it.each(["badgers", "honeybadger", "bad ger?", "bodger", "Scunthorpe"])("is not found in “%s”", (text) => {
    expect(find(["badger", "cunt", "bodge"], text)).toBeUndefined();
  });

  it("is told as it stands in the list", () => {
    expect(find(["Bädger"], "a BADGER")).toBe("Bädger");
  });

  it("of several words is found where they follow one another", () => {
    expect(find(["bad badger"], "what a bad, BADGER that is")).toBe("bad badger");
    expect(find(["bad badger"], "bad honey badger")).toBeUndefined();
  });

  it("with a double letter is not the one with a single letter", () => {
    expect(find(["god"], "good")).toBeUndefined();
    expect(find(["god"], "gooood")).toBe("god");
    expect(find(["good"], "god")).toBeUndefined();
  });
});

describe("a part", () => {
  it.each([
    ["*badger*", "honeybadgers"],
    ["badger*", "badgers"],
    ["*badger", "honeybadger"],
    ["*bad*", "bаdgеr"],
    ["*坏*", "很坏的"],
    ["*weasel*", "superWEASELish"],
    ["*weasel", "allweasel"],
    ["*llama*", "balllama"],
    ["*ney badger", "my honey badger"],
    ["bad bad*", "a bad badger"],
  ])("%s is found in “%s”", (line, text) => {
    expect(find([line], text)).toBe(line.replaceAll("*", ""));
  });

  it.each([
    ["badger*", "honeybadger"],
    ["*badger", "badgers"],
    ["*god*", "a goodly day"],
    ["*badger*", "badge her"],
  ])("%s is not found in “%s”", (line, text) => {
    expect(find([line], text)).toBeUndefined();
  });
});

describe("a list", () => {
  it("keeps its lines once each, without empty ones", () => {
    expect(readBlockedWords(" bad \r\n\n*worse*\nbad\n")).toEqual({ ok: true, lines: ["bad", "*worse*"] });
  });

  it.each([
    ["a line that is too long", `good\n${"x".repeat(61)}`, /Line 2 is longer than 60/],
    ["an asterisk in the middle", "b*d", /Line 1: an asterisk/],
    ["a line without letters", "bad\n\n***", /Line 3/],
    ["a line of signs", "?!…", /no letter/],
    ["a part of one letter", "*a*", /at least two letters/],
  ])("refuses %s and names it", (_, typed, message) => {
    expect(readBlockedWords(typed)).toEqual({ ok: false, message: expect.stringMatching(message) });
  });

  it("of 10,000 lines is refused, with how many there is room for", () => {
    const typed = Array.from({ length: 10_000 }, (_, index) => `word${index}`).join("\n");
    expect(readBlockedWords(typed)).toEqual({
      ok: false,
      message: "This list has 10,000 lines. There is room for 1,000.",
    });
  });

  it("of a thousand lines that nearly match does not make the longest text hang (F42) (ASVS 1.3.12)", () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `*${"ab".repeat(20)}${index}c*`);
    const words = compileBlockedWords(lines);
    expect(findBlockedWord(words, "ab".repeat(1000))).toBeUndefined();
    expect(findBlockedWord(words, "a b ".repeat(500))).toBeUndefined();
    expect(findBlockedWord(words, "a".repeat(2000))).toBeUndefined();
  });
});
