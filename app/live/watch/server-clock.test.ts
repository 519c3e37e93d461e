import { expect, test } from "vitest";
import { isWrong, laterClock, serverNow } from "./server-clock.ts";

const loaded = { at: "2026-11-30T18:00:00.000Z", heardMs: 1_000 };
const told = { at: "2026-11-30T18:00:10.000Z", heardMs: 11_200 };

test("the server's time goes on from when it was heard, whoever asks for it later", () => {
  expect(new Date(serverNow(told, 11_200)).toISOString()).toBe(told.at);
  expect(new Date(serverNow(told, 71_200)).toISOString()).toBe("2026-11-30T18:01:10.000Z");
});

test("the later word counts, with the moment at which it was heard", () => {
  expect(laterClock(loaded, null)).toBe(loaded);
  expect(laterClock(loaded, told)).toBe(told);
  expect(laterClock({ ...told, heardMs: 50_000 }, { ...loaded, heardMs: 60_000 })).toMatchObject({
    heardMs: 50_000,
  });
});

test("a clock is wrong when it stood still while the machine slept, not when a word was a little late", () => {
  const hourLater = { at: "2026-11-30T19:00:10.000Z", heardMs: 21_200 };
  expect(isWrong(told, hourLater)).toBe(true);
  expect(isWrong(told, { at: "2026-11-30T18:00:20.000Z", heardMs: 21_700 })).toBe(false);
  expect(isWrong(hourLater, told)).toBe(true);
});
