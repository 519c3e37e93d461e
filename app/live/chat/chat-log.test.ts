import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChatMessage } from "../page-messages.ts";
import { createChatLog } from "./chat-log.ts";

const message = (number: number, more: Partial<ChatMessage> = {}): ChatMessage => ({
  ...{
    id: `m${number}`,
    number,
    userId: "u",
    name: "Ada",
    role: "viewer",
    text: `Text ${number}`,
    replyTo: null,
  },
  ...{ saidAt: "2026-11-27T20:00:00Z", pinned: false, reactions: {}, mine: [] },
  ...more,
});

/** A server with these rows, and how often it was asked what. */
function server(rows: ChatMessage[]) {
  const asked: string[] = [];
  const read = (async (_: string, query = "") => {
    asked.push(query);
    const after = Number(/after=(\d+)/.exec(query)?.[1] ?? Number.NaN);
    const before = Number(/before=(\d+)/.exec(query)?.[1] ?? Number.NaN);
    if (after >= 0)
      return { messages: rows.filter(({ number }) => number > after).slice(0, 100), more: false };
    const older = rows.filter(({ number }) => !(number >= before));
    return { messages: older.slice(-3), more: older.length > 3, pinned: [], silence: null };
  }) as never;
  return { asked, read };
}

const numbers = (log: ReturnType<typeof createChatLog>) => log.view().messages.map(({ number }) => number);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function open(rows: ChatMessage[]) {
  const { asked, read } = server(rows);
  const log = createChatLog("/chat", { read, random: () => 0 });
  await vi.runAllTimersAsync();
  return { log, asked, rows };
}

describe("a chat's log", () => {
  it("begins with the newest rows, and reads older ones when it is asked to", async () => {
    const { log } = await open([1, 2, 3, 4, 5].map((number) => message(number)));
    expect(numbers(log)).toEqual([3, 4, 5]);
    expect(log.view()).toMatchObject({ more: true, loading: null });
    await log.older();
    expect(numbers(log)).toEqual([1, 2, 3, 4, 5]);
    expect(log.view().more).toBe(false);
  });

  it("keeps each message once, in the order of its number", async () => {
    const { log, asked } = await open([message(1)]);
    log.said(message(3));
    log.said(message(2));
    log.said(message(2));
    await vi.runAllTimersAsync();
    expect(numbers(log)).toEqual([1, 2, 3]);
    expect(asked).toHaveLength(2);
  });

  it("asks once for what it missed, also when several are missing", async () => {
    const { log, asked, rows } = await open([message(1)]);
    rows.push(message(2), message(3), message(4), message(5));
    log.said(message(3));
    log.said(message(5));
    await vi.runAllTimersAsync();
    expect(asked).toEqual(["", "?after=1"]);
    expect(numbers(log)).toEqual([1, 2, 3, 4, 5]);
  });

  it("does not go on asking for a number that was deleted", async () => {
    const { log, asked, rows } = await open([message(1)]);
    rows.push(message(3));
    log.said(message(3));
    await vi.runAllTimersAsync();
    log.said(message(4));
    await vi.runAllTimersAsync();
    expect(asked).toEqual(["", "?after=1"]);
    expect(numbers(log)).toEqual([1, 3, 4]);
  });

  it("keeps a deleted message away until it is restored", async () => {
    const { log } = await open([message(1), message(2)]);
    log.hear({ type: "chat-gone", ids: ["m1"] });
    log.said(message(1));
    expect(numbers(log)).toEqual([2]);
    log.hear({ type: "chat", messages: [message(1)] });
    expect(numbers(log)).toEqual([1, 2]);
  });

  it("keeps one's own reactions when others are told of the message", async () => {
    const { log } = await open([message(1, { mine: ["heart"], reactions: { heart: 1 } })]);
    log.hear({ type: "chat", messages: [message(1, { pinned: true })] });
    expect(log.view().messages[0]).toMatchObject({ mine: ["heart"], pinned: true });
    expect(log.view().pinned.map(({ id }) => id)).toEqual(["m1"]);
    log.hear({ type: "chat", messages: [message(1)] });
    expect(log.view().pinned).toEqual([]);
  });

  it("tries again when rows cannot be read", async () => {
    let fails = 2;
    const { read } = server([message(1)]);
    const failing = (async (...args: [string, string?]) => {
      if (fails-- > 0) throw new Error("away");
      return (read as (...args: [string, string?]) => unknown)(...args);
    }) as never;
    const log = createChatLog("/chat", { read: failing, random: () => 0 });
    await vi.advanceTimersByTimeAsync(10);
    expect(log.view()).toMatchObject({ failed: true, loading: "first" });
    await vi.runAllTimersAsync();
    expect(log.view()).toMatchObject({ failed: false, loading: null });
    expect(numbers(log)).toEqual([1]);
  });

  it("hears of time-outs", async () => {
    const { log } = await open([]);
    log.hear({ type: "chat-silenced", until: "2026-11-27T20:05:00Z", reason: "Loud" });
    expect(log.view().silence).toEqual({ until: "2026-11-27T20:05:00Z", reason: "Loud" });
    log.hear({ type: "chat-silenced", until: null, reason: "" });
    expect(log.view().silence).toBeNull();
  });

  it("takes from the service neither the words that a reply quotes nor what our rows do not have", async () => {
    const { log, asked, rows } = await open([message(1), message(2), message(3), message(4)]);
    const { replyTo: _, ...told } = message(5);
    log.told(told, "m3");
    expect(log.view().messages.at(-1)?.replyTo).toEqual({ id: "m3", name: "Ada", text: "Text 3" });
    // What is quoted was not read yet: our rows have the whole.
    const quoting = message(6, { replyTo: { id: "m1", name: "Ada", text: "Text 1" } });
    rows.push(message(5), quoting);
    log.told({ ...told, id: "m6", number: 6 }, "m1");
    expect(numbers(log)).toEqual([2, 3, 4, 5]);
    await vi.runAllTimersAsync();
    expect(asked).toEqual(["", "?after=5"]);
    expect(log.view().messages.at(-1)).toEqual(quoting);
    // The service still has one that was deleted here.
    log.told({ ...told, id: "old", number: 3 }, null);
    expect(numbers(log)).toEqual([2, 3, 4, 5, 6]);
  });

  it("quotes nothing of a message that is deleted, and its words again when it is restored", async () => {
    const replyTo = { id: "m1", name: "Ada", text: "Text 1" };
    const { log } = await open([message(1), message(2, { replyTo })]);
    log.hear({ type: "chat-gone", ids: ["m1"] });
    expect(log.view().messages).toEqual([message(2, { replyTo: { ...replyTo, text: "" } })]);
    log.hear({ type: "chat", messages: [message(1)] });
    expect(log.view().messages.at(-1)?.replyTo).toEqual(replyTo);
  });

  it("lets go of what was deleted, and of pins, while nothing was heard", async () => {
    const { log, asked, rows } = await open([1, 2, 3, 4, 5, 6].map((number) => message(number)));
    await log.older();
    expect(numbers(log)).toEqual([1, 2, 3, 4, 5, 6]);
    rows.splice(4, 1);
    rows.splice(1, 1);
    rows.push(message(7));
    log.readAgain();
    await vi.runAllTimersAsync();
    expect(numbers(log)).toEqual([1, 3, 4, 6, 7]);
    expect(asked.slice(2)).toEqual(["", "?before=4"]);
    expect(log.view()).toMatchObject({ more: false, failed: false });
  });

  it("does not show again what is deleted while rows are on their way", async () => {
    const { log, rows } = await open([message(1), message(2)]);
    rows.push(message(3));
    log.readAgain();
    await vi.advanceTimersByTimeAsync(399);
    log.hear({ type: "chat-gone", ids: ["m1"] });
    vi.advanceTimersByTime(1);
    log.hear({ type: "chat-gone", ids: ["m2"] });
    await vi.runAllTimersAsync();
    expect(numbers(log)).toContain(3);
    expect(numbers(log)).not.toContain(2);
  });

  it("pins an old message without taking it for the oldest that was read", async () => {
    const { log, asked } = await open([1, 2, 3, 4, 5, 6, 7].map((number) => message(number)));
    log.hear({ type: "chat", messages: [message(1, { pinned: true })] });
    expect(numbers(log)).toEqual([5, 6, 7]);
    expect(log.view().pinned.map(({ id }) => id)).toEqual(["m1"]);
    await log.older();
    expect(asked.at(-1)).toBe("?before=5");
    expect(numbers(log)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("keeps no more than the newest hundreds, and reads the others when they are asked for", async () => {
    const { log, rows } = await open([]);
    for (let number = 1; number <= 400; number += 1) {
      rows.push(message(number));
      log.said(message(number));
    }
    log.trim();
    expect(log.view()).toMatchObject({ more: true });
    expect(numbers(log)).toEqual(Array.from({ length: 300 }, (_, index) => index + 101));
    await log.older();
    expect(numbers(log)[0]).toBe(98);
  });
});
