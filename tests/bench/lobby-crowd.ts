import { readFile } from "node:fs/promises";
import http from "node:http";
import { WebSocket } from "ws";

/*
 * The crowd of the bench `lobby`, as a process of its own: `node lobby-crowd.ts FILE` opens the page socket of everybody of
 * FILE and says "waiting" once all of them have been told the state. Then, for each time the stream goes live, a line
 * with the moments at which each was told (ms since 1970), and the crowd waits again as soon as it is scheduled again.
 * After the last time so many join the room by their tickets, as fast as they are let in: the last line says how that went.
 */
export type LobbyWish = {
  url: string;
  /** Of the watch page. */
  path: string;
  streamId: string;
  rounds: number;
  joins: number;
  people: { cookie: string; address: string }[];
};
export type LobbyTold = { toldAt: number[]; lost: number };
export type LobbyJoined = { joined: number; seconds: number; errors: Record<string, number> };

const openedAtOnce = 100;
const joinedAtOnce = 40;
const patienceMs = 30_000;

const wish = JSON.parse(await readFile(process.argv[2]!, "utf8")) as LobbyWish;
let lost = 0;
let toldAt: number[] = [];
let roundOver: (() => void) | undefined;

await inTurns(openedAtOnce, wish.people, keepSocket);
say("waiting");
for (let round = 0; round < wish.rounds; round += 1) {
  await new Promise<void>((resolve) => {
    roundOver = resolve;
    if (toldAt.length + lost >= wish.people.length) resolve();
  });
  say({ toldAt, lost } satisfies LobbyTold);
  toldAt = [];
}
const errors: Record<string, number> = {};
let joined = 0;
const begun = performance.now();
await inTurns(joinedAtOnce, wish.people.slice(0, wish.joins), async (person, index) => {
  try {
    await join(person, index);
    joined += 1;
  } catch (error) {
    const what = (error as Error).message;
    errors[what] = (errors[what] ?? 0) + 1;
  }
});
say({ joined, seconds: (performance.now() - begun) / 1000, errors } satisfies LobbyJoined);

function say(what: unknown) {
  process.stdout.write(`${typeof what === "string" ? what : JSON.stringify(what)}\n`);
}

async function inTurns<One>(atOnce: number, all: One[], each: (one: One, index: number) => Promise<void>) {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < all.length; index = next++) await each(all[index]!, index);
    }),
  );
}

type Person = LobbyWish["people"][number];

function tabOf(index: number) {
  return `lobby-tab-${String(index).padStart(6, "0")}`;
}

function headersOf({ cookie, address }: Person) {
  return { cookie, origin: wish.url, "x-forwarded-for": address };
}

/** Resolves once the page has been told the stream's state; keeps the socket. */
function keepSocket(person: Person, index: number): Promise<void> {
  const query = new URLSearchParams({ stream: wish.streamId, tab: tabOf(index), page: "watch" });
  const socket = new WebSocket(`${wish.url.replace(/^http/, "ws")}/events?${query}`, {
    headers: headersOf(person),
    handshakeTimeout: patienceMs,
    perMessageDeflate: false,
  });
  let live = false;
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code) => {
      lost += 1;
      reject(new Error(`a page socket closed with ${code}`));
    });
    socket.on("message", (bytes: Buffer) => {
      const text = bytes.toString();
      if (!text.startsWith('{"type":"state"')) return;
      resolve();
      const was = live;
      live = text.includes('"status":"live"');
      // While it is live other news come, too.
      if (was || !live) return;
      toldAt.push(Date.now());
      if (toldAt.length + lost >= wish.people.length) roundOver?.();
    });
  });
}

/** A ticket as the page gets it, and LiveKit's first word on the signal socket: that one is in the room. */
async function join(person: Person, index: number): Promise<void> {
  const { status, text } = await post(`${wish.path}/ticket`, person, { tab: tabOf(index) });
  if (status !== 200) throw new Error(`ticket ${status}`);
  const { token } = JSON.parse(text) as { token: string };
  const query = new URLSearchParams({ access_token: token, protocol: "15", sdk: "js", version: "2.23.0" });
  const socket = new WebSocket(`${wish.url.replace(/^http/, "ws")}/rtc?${query}`, {
    headers: headersOf(person),
    handshakeTimeout: patienceMs,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("message", () => resolve());
    socket.once("unexpected-response", (_, answer) => reject(new Error(`gate ${answer.statusCode}`)));
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`signal socket closed with ${code}`)));
  });
}

function post(path: string, person: Person, form: Record<string, string>) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = { ...headersOf(person), "content-type": "application/x-www-form-urlencoded" };
    const request = http.request(`${wish.url}${path}`, { method: "POST", headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end(new URLSearchParams(form).toString());
  });
}
