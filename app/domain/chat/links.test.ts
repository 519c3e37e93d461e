import { expect, it } from "vitest";
import { hasLink } from "./links.ts";

it.each([
  "see https://example.com/a?b=c",
  "example.com",
  "ｅｘａｍｐｌｅ．ｃｏｍ",
  "example。com",
  "mail me at ada@example.com",
  "ftp://files.example",
  "HTTPS://EXAMPLE.COM",
])("finds the link in “%s”", (text) => {
  expect(hasLink(text)).toBe(true);
});

it.each(["Hello. How are you?", "3.5 of 10", "e.g. this", "javascript: the good parts", "10:30", "a/b"])(
  "finds none in “%s”",
  (text) => {
    expect(hasLink(text)).toBe(false);
  },
);
