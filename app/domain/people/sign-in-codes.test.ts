import { afterEach, expect, it, vi } from "vitest";
import { drawCode } from "./sign-in-codes.ts";

afterEach(() => void vi.restoreAllMocks());

it("a code is one of a million, each digit of which can be any (ASVS 6.5.4)", () => {
  const codes = Array.from({ length: 2_000 }, drawCode);
  for (const code of codes) expect(code).toMatch(/^\d{6}$/);
  for (let place = 0; place < 6; place++)
    expect([...new Set(codes.map((code) => code[place]))].sort().join("")).toBe("0123456789");
  // Of a million two thousand meet about twice.
  expect(new Set(codes).size).toBeGreaterThan(1_980);
});

it("a code does not come from a generator that can be foreseen (ASVS 6.5.3)", () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  vi.spyOn(Date, "now").mockReturnValue(0);
  vi.spyOn(performance, "now").mockReturnValue(0);
  expect(new Set(Array.from({ length: 200 }, drawCode)).size).toBeGreaterThan(190);
});
