import { describe, expect, it } from "vitest";
import { slugOfTitle } from "./stream-slugs.ts";

const ofTheTable = /^[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?$/;

describe("the address of a stream", () => {
  it.each([
    ["Colour grading a night scene, start to finish", "colour-grading-a-night-scene-start-to-finish"],
    ["  Ünïcode & ßtraße ", "unicode-sstrasse"],
    ["日本語", "stream"],
    ["👩‍👩‍👧‍👦", "stream"],
    ["--", "stream"],
    ['=HYPERLINK("x")', "hyperlink-x"],
    ["\u202egnp.exe", "gnp-exe"],
    ["a".repeat(120), "a".repeat(60)],
    [`${"word ".repeat(24)}`, "word-word-word-word-word-word-word-word-word-word-word-word"],
  ])("of %j is %s", (title, slug) => {
    expect(slugOfTitle(title)).toBe(slug);
    expect(`${slugOfTitle(title)}-999999999`).toMatch(ofTheTable);
  });
});
