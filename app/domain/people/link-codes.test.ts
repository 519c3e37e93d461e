import { describe, expect, it } from "vitest";
import { linkCode, readLinkCode } from "./link-codes.ts";

const id = "0198c0de-1234-7abc-8def-0123456789ab";
const [old, fresh] = ["the-older-secret-of-two", "the-newer-secret-of-two"];

describe("the code of a link", () => {
  it("gives the id back, and needs no escaping in an address", () => {
    const code = linkCode([fresh], "invite", id);
    expect(code).toMatch(/^[\w-]{43}$/);
    expect(readLinkCode([fresh], "invite", code)).toBe(id);
  });

  it("stays good while its secret is being replaced, and not after", () => {
    const code = linkCode([old], "invite", id);
    expect(readLinkCode([fresh, old], "invite", code)).toBe(id);
    expect(readLinkCode([fresh], "invite", code)).toBeUndefined();
    expect(linkCode([fresh, old], "invite", id)).toBe(linkCode([fresh], "invite", id));
  });

  it("is good for its purpose only", () => {
    expect(readLinkCode([fresh], "sign-in-mail", linkCode([fresh], "invite", id))).toBeUndefined();
  });

  it("is not good with any one character changed", () => {
    const code = linkCode([fresh], "invite", id);
    for (let place = 0; place < code.length; place++) {
      const other = code[place] === "A" ? "B" : "A";
      const forged = code.slice(0, place) + other + code.slice(place + 1);
      expect(readLinkCode([fresh], "invite", forged)).toBeUndefined();
    }
    for (const text of [undefined, "", "x", `${code}A`, code.slice(1), "=".repeat(43)])
      expect(readLinkCode([fresh], "invite", text)).toBeUndefined();
  });
});
