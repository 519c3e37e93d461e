import { expect, test } from "vitest";
import { checkedWords } from "./checked-words.ts";
import { joinSpreadMs, warmUpMs } from "./crowd.ts";
import { lobbyWords, soonWords } from "./lobby-words.ts";

const startsAt = "2026-11-30T18:00:00.000Z";
const at = (minutes: number) => Date.parse(startsAt) + minutes * 60_000;
const said = (minutes: number, preparing = false) => lobbyWords({ startsAt, preparing }, at(minutes)).said;
const expected = (minutes: number, preparing = false) =>
  lobbyWords({ startsAt, preparing }, at(minutes)).expect;

test("who waits is told of the doors, and of the host only while the host prepares", () => {
  expect(said(-45)).toBe("The doors open 30 minutes before it starts.");
  expect(said(-20)).toBe("Doors are open.");
  expect(said(-20, true)).toBe("Doors are open. The host is preparing.");
  expect(said(0.5)).toBe("Doors are open. It begins any moment.");
  expect(expected(-20) + expected(0.5)).toBe("");
});

test("a start that has passed is a little later, with what to expect; and no promise when that was long ago", () => {
  expect(said(1)).toBe("It starts a little later.");
  expect(said(29, true)).toBe("It starts a little later. The host is preparing.");
  expect(expected(5)).toContain("If it is moved or cancelled, this page says so");
  expect(said(30)).toBe("It has not started.");
  expect(expected(30)).toContain("You need not wait here");
  expect(said(90, true)).toBe("It starts a little later. The host is preparing.");
});

test("a screen reader hears of the time three times, and not each second", () => {
  const heard = Array.from({ length: 1_900 }, (_, second) =>
    soonWords({ startsAt }, at(-30) + second * 1_000),
  );
  expect([...new Set(heard)]).toEqual([
    "",
    "It starts in less than 10 minutes.",
    "It starts in less than 5 minutes.",
    "It starts in less than a minute.",
  ]);
  expect(soonWords({ startsAt }, at(0))).toBe("");
});

test("a crowd comes in over as long as its joins take, one person at once, and nobody waits for ever", () => {
  expect(joinSpreadMs(1, 50)).toBe(20);
  expect(joinSpreadMs(5_000, 50)).toBe(100_000);
  expect(joinSpreadMs(5_000, 500)).toBe(10_000);
  expect(joinSpreadMs(1_000_000, 50)).toBe(300_000);
  expect(warmUpMs(5_000)).toBe(50_000);
  expect(warmUpMs(1_000_000)).toBe(120_000);
});

test("a check of the line says how the picture will come, and why not directly", () => {
  expect(checkedWords({ way: "direct" }, "open")).toMatch(/^Ready: .* a delay of some 10 seconds by itself/);
  expect(checkedWords({ way: "delayed", why: "blocked" }, "open")).toMatch(/blocks .* with a delay/);
  expect(checkedWords({ way: "none" }, "open")).toContain("Try another browser");
  expect(checkedWords({ way: "direct" }, "lost")).toContain("cut off from us");
});
