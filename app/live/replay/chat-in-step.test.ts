import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createChatInStep, type ReplayedMessage } from "./chat-in-step.ts";
import { createPlayhead } from "./playhead.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const said = (number: number, atMs: number): ReplayedMessage => ({
  ...{ id: `m${number}`, number, name: "Ada", role: "viewer", text: `${number}`, replyTo: null, atMs },
});

/** A server with messages, 100 a page as ours; `asked` is what it was asked for. */
function serving(all: ReplayedMessage[]) {
  const asked: string[] = [];
  const served = { all, asked, away: false, read };
  async function read(_chat: string, query: string) {
    asked.push(query);
    if (served.away) throw new Error("status 503");
    const [, name, text] = /^\?(at|after|before)=(\d+)$/.exec(query)!;
    const value = Number(text);
    const before = served.all.filter(({ number, atMs }) =>
      name === "at" ? atMs <= value : name === "before" ? number < value : false,
    );
    const behind = served.all.filter(({ number, atMs }) =>
      name === "at" ? atMs > value : name === "after" ? number > value : false,
    );
    return {
      messages: [...before.slice(-100), ...behind.slice(0, 100)],
      earlier: name === "after" || before.length > 100,
      later: name === "before" || behind.length > 100,
    };
  }
  return served;
}

const everySecond = (count: number) =>
  Array.from({ length: count }, (_, place) => said(place + 1, place * 1000));

function open(all: ReplayedMessage[], startMs = 0) {
  const server = serving(all);
  const playhead = createPlayhead({ startMs, durationMs: 10_000_000 });
  const chat = createChatInStep("/chat", playhead, { read: server.read });
  const shown = () => chat.view().shown.map(({ number }) => number);
  const settled = () => vi.advanceTimersByTimeAsync(0);
  return { server, playhead, chat, shown, settled };
}

test("what was said until where the picture is is shown, and no more", async () => {
  const { playhead, shown, settled, chat } = open(everySecond(50));
  expect(chat.view()).toMatchObject({ shown: [], loading: true });
  await settled();
  expect(shown()).toEqual([1]);
  playhead.seek(2999);
  expect(shown()).toEqual([1, 2, 3]);
  playhead.seek(0);
  expect(shown()).toEqual([1]);
});

test("it is read on in time as the picture goes on, each message once", async () => {
  const { server, playhead, shown, settled } = open(everySecond(400));
  await settled();
  for (let ms = 0; ms <= 399_000; ms += 500) {
    playhead.seek(ms);
    await settled();
    expect(shown().at(-1)).toBe(Math.floor(ms / 1000) + 1);
  }
  expect(shown()).toEqual(everySecond(400).map(({ number }) => number));
  expect(server.asked).toEqual(["?at=0", "?after=101", "?after=201", "?after=301"]);
});

test("a jump reads anew around it, forwards and back, and earlier ones when they are asked for", async () => {
  const { server, playhead, shown, settled, chat } = open(everySecond(1000));
  await settled();
  playhead.seek(700_000);
  await settled();
  expect([shown()[0], shown().at(-1)]).toEqual([602, 701]);
  expect(chat.view().earlier).toBe(true);
  await chat.readEarlier();
  expect([shown()[0], shown().at(-1)]).toEqual([502, 701]);
  playhead.seek(100_000);
  await settled();
  expect([shown()[0], shown().at(-1)]).toEqual([2, 101]);
  expect(server.asked).toEqual(["?at=0", "?at=700000", "?before=602", "?at=100000"]);
});

test("what is deleted is gone at once, also from an answer that was under way", async () => {
  const { server, playhead, shown, settled, chat } = open(everySecond(300));
  await settled();
  playhead.seek(5000);
  chat.hear({ type: "chat-gone", ids: ["m3"] });
  expect(shown()).toEqual([1, 2, 4, 5, 6]);
  playhead.seek(250_000);
  chat.hear({ type: "chat-gone", ids: ["m250"] });
  await settled();
  expect(server.all.some(({ id }) => id === "m250")).toBe(true);
  expect(shown()).not.toContain(250);
  expect(shown().at(-1)).toBe(251);
});

test("a reply to what is deleted quotes it no more", async () => {
  const reply = { ...said(2, 1000), replyTo: { id: "m1", name: "Ada", text: "1" } };
  const { playhead, settled, chat } = open([said(1, 0), reply]);
  await settled();
  playhead.seek(1000);
  chat.hear({ type: "chat-gone", ids: ["m1"] });
  expect(chat.view().shown).toMatchObject([{ number: 2, replyTo: { text: "" } }]);
});

test("what is shown again, and what was missed, is read soon", async () => {
  const { server, shown, settled, chat } = open(everySecond(5).slice(0, 1));
  await settled();
  server.all = [said(1, 0), said(2, 0)];
  chat.hear({ type: "chat-again" });
  await vi.advanceTimersByTimeAsync(4000);
  expect(shown()).toEqual([1, 2]);
  expect(server.asked).toEqual(["?at=0", "?at=0"]);
});

test("while it cannot be read it says so, and tries again, without end and not at once", async () => {
  const { server, playhead, shown, settled, chat } = open([said(1, 0)]);
  server.away = true;
  await settled();
  server.away = true;
  playhead.seek(1);
  chat.hear({ type: "chat-again" });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(chat.view().failed).toBe(true);
  expect(server.asked.length).toBeLessThan(8);
  server.away = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(chat.view()).toMatchObject({ failed: false });
  expect(shown()).toEqual([1]);
});

test("a reply in an answer that was under way quotes nothing that was deleted meanwhile", async () => {
  const reply = { ...said(2, 0), replyTo: { id: "m1", name: "Ada", text: "1" } };
  const { settled, chat } = open([said(1, 0), reply]);
  chat.hear({ type: "chat-gone", ids: ["m1"] });
  await settled();
  expect(chat.view().shown).toMatchObject([{ number: 2, replyTo: { text: "" } }]);
});

test("earlier ones that could not be read are read as soon as it is possible again", async () => {
  const { server, playhead, shown, settled, chat } = open(everySecond(400));
  await settled();
  playhead.seek(300_000);
  await settled();
  server.away = true;
  await chat.readEarlier();
  expect(chat.view()).toMatchObject({ failed: true });
  server.away = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(chat.view()).toMatchObject({ failed: false, loading: false });
  expect(shown()[0]).toBe(102);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.asked.filter((query) => query === "?before=202")).toHaveLength(2);
});

test("what is said meanwhile is added at the end, and replaces nothing that one scrolled up to", async () => {
  const { server, playhead, shown, settled, chat } = open(everySecond(250));
  await settled();
  playhead.seek(240_000);
  await settled();
  await chat.readEarlier();
  expect(shown()[0]).toBe(42);
  const more = { ...said(251, 250_000), userId: "u", saidAt: "", pinned: false, reactions: {} };
  server.all = [...server.all, said(251, 250_000)];
  chat.hear({ type: "chat", messages: [more] });
  await vi.advanceTimersByTimeAsync(4_000);
  playhead.seek(250_000);
  await settled();
  expect([shown()[0], shown().at(-1)]).toEqual([42, 251]);
  expect(server.asked.filter((query) => query.startsWith("?at"))).toHaveLength(2);
  expect(server.asked.at(-1)).toBe("?after=250");
});

test("many that belong to one moment are all there, and a chat without a word is asked for once", async () => {
  const many = Array.from({ length: 350 }, (_, place) => said(place + 1, 4000));
  const { playhead, shown, settled, chat } = open(many);
  await settled();
  expect(shown()).toEqual([]);
  playhead.seek(4000);
  await settled();
  expect(shown().length).toBe(350);
  chat.trim();
  expect(shown().length).toBe(350);
  const empty = open([]);
  await empty.settled();
  for (let ms = 0; ms < 9000; ms += 250) empty.playhead.seek(ms);
  await empty.settled();
  expect(empty.server.asked).toEqual(["?at=0"]);
});

test("after it is closed nothing is asked any more", async () => {
  const { server, playhead, settled, chat } = open(everySecond(1000));
  await settled();
  chat.close();
  playhead.seek(700_000);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(server.asked).toEqual(["?at=0"]);
});
