import { describe, expect, it } from "vitest";
import { localPath, pageOf, signInPath } from "./return-to.ts";

describe("where somebody wants to return to", () => {
  it("is a page of ours, with its query and fragment", () => {
    expect(localPath("/explore?page=2#late")).toBe("/explore?page=2#late");
    expect(localPath("/a/../b")).toBe("/b");
    expect(localPath("/@ada?to=https://elsewhere.example")).toBe("/@ada?to=https://elsewhere.example");
  });

  it.each([
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "evil",
    "",
    " /explore",
    `/${"a".repeat(2000)}`,
    "/sign-in",
    "/sign-in/code",
    "/Sign-Out",
    "/explore/../sign-out",
  ])("is nowhere for %j", (text) => {
    expect(localPath(text)).toBeUndefined();
  });

  it("is nowhere when nothing was said", () => {
    expect(localPath(null)).toBeUndefined();
    expect(signInPath(undefined)).toBe("/sign-in");
  });

  it("is the page of a request without what only Remix needs", () => {
    expect(pageOf(new URL("http://x/account?index"))).toBe("/account");
    expect(pageOf(new URL("http://x/account/members.data?space=a&_routes=b&draft=c"))).toBe(
      "/account/members?space=a",
    );
    expect(signInPath("/account/members?space=a")).toBe("/sign-in?to=%2Faccount%2Fmembers%3Fspace%3Da");
  });
});
