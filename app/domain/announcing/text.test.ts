import { describe, expect, it } from "vitest";
import { plainLine, xml } from "./text.ts";

describe("one line of what people wrote", () => {
  it("has no line breaks, and nothing that turns the words around it about", () => {
    expect(plainLine("  One\r\n\n two\tthree \u202egpj.exe\u2069 ")).toBe("One two three gpj.exe");
  });

  it("is cut between letters, never inside one", () => {
    const family = "👩‍👩‍👧";
    expect(plainLine(family.repeat(5), 3)).toBe(`${family.repeat(2)}…`);
    expect(plainLine(family.repeat(3), 3)).toBe(family.repeat(3));
    expect(plainLine("a b", 2)).toBe("a…");
  });
});

describe("text in XML", () => {
  it("has no character that would be read as anything else, and none that XML forbids", () => {
    expect(xml(`<a href="x">&'</a>`)).toBe("&#60;a href=&#34;x&#34;&#62;&#38;&#39;&#60;/a&#62;");
    expect(xml("]]>")).toBe("]]&#62;");
    expect(xml("a\u0000\u001b\ufffe\ud800b")).toBe("ab");
    expect(xml("😀 مرحبا")).toBe("😀 مرحبا");
  });
});
