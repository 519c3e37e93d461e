import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { toParagraphs } from "./paragraphs.ts";
import { SafeText } from "./safe-text.tsx";

const html = (text: string) =>
  renderToStaticMarkup(createElement(SafeText, { paragraphs: toParagraphs(text) }));
const hrefs = (text: string) => [...html(text).matchAll(/href="([^"]*)"/g)].map(([, href]) => href);

describe("text that people wrote", () => {
  test("keeps its paragraphs and line breaks, whichever line ends it came with", () => {
    const expected = '<p dir="auto"><bdi>one</bdi><br/><bdi>two</bdi></p><p dir="auto"><bdi>three</bdi></p>';
    for (const end of ["\n", "\r\n", "\r"])
      expect(html(["one", "two", "", " ", "three", ""].join(end))).toContain(expected);
  });

  test("is never markup", () => {
    expect(html("<img src=x onerror=alert(1)><b>x</b>")).not.toMatch(/<(img|b)[ >]/);
  });

  test("has its web addresses as links that give away nothing", () => {
    expect(html("See https://example.com/a?b=1&c=2.")).toContain(
      '<a href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener ugc"><bdi>https://example.com/a?b=1&amp;c=2</bdi></a><bdi>.</bdi>',
    );
    expect(hrefs("www.example.com, http://example.org, HTTPS://EXAMPLE.NET/A")).toEqual([
      "https://www.example.com/",
      "http://example.org/",
      "https://example.net/A",
    ]);
  });

  test("links to nothing but web pages", () => {
    for (const text of [
      "javascript:alert(1)",
      "JaVaScRiPt://example.com/%0aalert(1)",
      "data:text/html,<script>alert(1)</script>",
      "vbscript:msgbox(1)",
      "file:///etc/passwd",
      "ftp://example.com/x",
      "mara@example.com",
      "mailto:mara@example.com",
      'https://"onmouseover="alert(1)',
      "the frames are in frames.zip, the notes in notes.md",
    ]) {
      expect(html(text)).not.toContain("<a");
    }
  });

  test("does not link an address that pretends to lead somewhere else", () => {
    expect(hrefs("https://bank.example@evil.example/ https://name:word@evil.example/")).toEqual([]);
  });

  test("keeps a change of direction to itself", () => {
    expect(html("abc \u202Edef https://example.com ghi")).toContain("<bdi>abc \u202Edef </bdi>");
  });

  test("is nothing where there is no text", () => {
    for (const text of [null, undefined, "", " \n\n "]) expect(toParagraphs(text)).toEqual([]);
  });
});
