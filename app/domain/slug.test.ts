import { expect, test } from "vitest";
import { toSlug } from "./slug.ts";

test.each([
  ["Monday critiques", "monday-critiques"],
  ["  Über Straße 9! ", "uber-strasse-9"],
  ["Café ‮oloc", "cafe-oloc"],
  ["日本語", ""],
  ["../../etc", "etc"],
  ["---", ""],
])("%s becomes %s", (text, slug) => {
  expect(toSlug(text)).toBe(slug);
});

test("an address that is cut does not end in a hyphen", () => {
  expect(toSlug("abc def", 4)).toBe("abc");
});
