import { readFile } from "node:fs/promises";
import http from "node:http";
import { WebSocket } from "ws";

/*
 * The crowd of the bench `arrivals`, as a process of its own: `node arrivals-crowd.ts FILE` has everybody of FILE come,
 * evenly over its seconds, whether or not those before have been answered. Each loads the page over a connection of
 * their own, and, with a socket's address given, asks for a ticket and keeps the page's socket. The last line says how it went.
 */
export type CrowdWish = {
  url: string;
  path: string;
  seconds: number;
  /** Everybody's cookie and network address, in the order in which they come. */
  people: { cookie: string; address: string }[];
  /** Stays empty for people who only load the page. */
  streamId: string;
  title: string;
};
export type CrowdTale = {
  errors: Record<string, number>;
  pageMs: number[];
  ticketMs: number[];
  socketMs: number[];
  /** How many sockets were open at the end, and from the first arrival until the last one was. */
  open: number;
  tookMs: number;
  /** By how much the crowd itself came later than it meant to, at most: its own process was held up. */
  lateMs: number;
};

/** As long as a browser waits for a page before it says that the site does not answer. */
const patienceMs = 300_000;

const wish = JSON.parse(await readFile(process.argv[2]!, "utf8")) as CrowdWish;
const tale: CrowdTale = {
  errors: {},
  pageMs: [],
  ticketMs: [],
  socketMs: [],
  open: 0,
  tookMs: 0,
  lateMs: 0,
};
const sockets: WebSocket[] = [];
const begin = performance.now();
const stepMs = (wish.seconds * 1000) / wish.people.length;
const everybody = wish.people.map((person, index) => comes(person, index));
await Promise.all(everybody);
tale.tookMs = performance.now() - begin;
// Long enough for a socket that is not kept to have been ended.
if (wish.streamId) await new Promise((resolve) => setTimeout(resolve, 20_000));
tale.open = sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length;
process.stdout.write(`${JSON.stringify(tale)}\n`, () => process.exit(0));

async function comes(person: CrowdWish["people"][number], index: number) {
  await new Promise((resolve) => setTimeout(resolve, index * stepMs));
  tale.lateMs = Math.max(tale.lateMs, performance.now() - begin - index * stepMs);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const headers = { cookie: person.cookie, "x-forwarded-for": person.address };
    const page = await timed(tale.pageMs, () => ask({ agent, path: wish.path, method: "GET", headers }));
    if (page.status !== 200) return failed(`page ${page.status}`);
    if (!page.text.includes(wish.title)) return failed("page without the stream");
    if (!wish.streamId) return;
    const tab = `arrival-${String(index).padStart(6, "0")}`;
    const ticket = await timed(tale.ticketMs, () =>
      ask({
        agent,
        path: `${wish.path}/ticket`,
        method: "POST",
        headers: { ...headers, origin: wish.url, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ tab }).toString(),
      }),
    );
    if (ticket.status !== 200 || !ticket.text.includes("token")) return failed(`ticket ${ticket.status}`);
    agent.destroy();
    await timed(tale.socketMs, () => keepSocket({ headers, tab }));
  } catch (error) {
    failed((error as NodeJS.ErrnoException).code ?? (error as Error).message);
  } finally {
    agent.destroy();
  }
}

async function timed<T>(list: number[], run: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const value = await run();
  list.push(performance.now() - from);
  return value;
}

function failed(what: string) {
  tale.errors[what] = (tale.errors[what] ?? 0) + 1;
}

type Question = {
  agent: http.Agent;
  path: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
};

function ask({ agent, path, method, headers, body }: Question): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${wish.url}${path}`,
      { agent, method, headers, timeout: patienceMs },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on("data", (piece: Buffer) => pieces.push(piece));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }),
        );
      },
    );
    request.on("timeout", () => request.destroy(new Error(`nothing came for ${patienceMs / 1000} s`)));
    request.on("error", reject);
    request.end(body);
  });
}

/** Resolves once the page has been told the stream's state; keeps the socket. */
function keepSocket({ headers, tab }: { headers: Record<string, string>; tab: string }): Promise<void> {
  const query = new URLSearchParams({ stream: wish.streamId, tab, page: "watch" });
  const address = `${wish.url.replace(/^http/, "ws")}/events?${query}`;
  const socket = new WebSocket(address, {
    headers: { ...headers, origin: wish.url },
    handshakeTimeout: patienceMs,
    perMessageDeflate: false,
  });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.once("message", () => resolve());
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`socket closed with ${code}`)));
  });
}
