import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { mintTicket } from "#app/domain/participants/tickets.ts";
import { hashToken } from "#app/domain/people/sessions.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { freePort } from "#local/ports.ts";
import { insertPeople } from "#tests/factories.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { collectGarbage, pause, residentMib, startScript } from "./processes.ts";

export const name = "gate";
export const title =
  "Signal sockets that the gate accepts, before an upstream that says yes to all; and what an idle one costs";

const sockets = 1_000;
const atOnce = 50;
const rounds = 5;

type Browser = { cookie: string; holder: { streamId: string; identity: string } };
type Client = { cookie: string; token: string };

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  const without = ["web", "worker", "recorder", "chat", "livekit-server", "storage", "mail", "build", "seed"];
  const edition = await startEdition({ dir, ports: "fresh", without: without as never });
  const db = openDatabase(edition.env.DATABASE_URL);
  const script = path.join(import.meta.dirname, "signal-line.ts");
  const upstream = await startScript(script, ["upstream"]);
  const pipe = await startScript(script, ["pipe", upstream.line]);
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const gate = await startScript(path.join(import.meta.dirname, "../../app/server/gate-main.ts"), [], {
    ...process.env,
    ...edition.env,
    NODE_ENV: "production",
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    LIVEKIT_URL: `http://127.0.0.1:${upstream.line}`,
  });
  try {
    say(`${sockets} people with a ticket each …`);
    const browsers = await insertBrowsers(db);
    // A ticket lasts a minute.
    const ticketed = (count = sockets) =>
      Promise.all(browsers.slice(0, count).map((browser) => withTicket(browser, edition.env.SESSION_SECRET)));
    const rates = { gate: [] as number[], pipe: [] as number[] };
    const memory: number[] = [];
    await pass(port, publicUrl, await ticketed(200));
    await pass(Number(pipe.line), publicUrl, await ticketed(200));
    for (let turn = 1; turn <= rounds; turn += 1) {
      await pause(500);
      await collectGarbage(gate.child.pid!);
      const before = await residentMib(gate.child.pid!);
      const through = await pass(port, publicUrl, await ticketed(), async () => {
        await pause(500);
        await collectGarbage(gate.child.pid!);
        memory.push(((await residentMib(gate.child.pid!)) - before) * (1024 / sockets));
      });
      rates.gate.push(through);
      rates.pipe.push(await pass(Number(pipe.line), publicUrl, await ticketed()));
      say(`round ${turn} of ${rounds}: ${round(through)} and ${round(rates.pipe.at(-1)!)} sockets a second`);
    }
    const ratio = median(rates.gate.map((rate, at) => rate / rates.pipe[at]!));
    // The first round is the one that grows the process; the later ones find room that it left.
    const kib = Math.max(...memory);
    return {
      keys: { ratio: round(ratio, 2), socket_kib: round(kib, 1) },
      rows: [
        { what: "through the gate, sockets a second, median", value: String(round(median(rates.gate))) },
        { what: "piped without a decision, the same", value: String(round(median(rates.pipe))) },
        {
          what: `resident memory an idle socket, KiB, of ${sockets}, most of ${rounds} rounds`,
          value: String(round(kib, 1)),
        },
      ],
      missed: [
        ...(ratio < 0.5 ? [`ratio ${round(ratio, 2)}, goal at least 0.5`] : []),
        ...(kib > 64 ? [`${round(kib, 1)} KiB a socket, goal at most 64`] : []),
      ],
    };
  } finally {
    await Promise.all([gate.stop(), pipe.stop(), upstream.stop()]);
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** Opens a socket for each client, and gives how many stood a second; closes them after `meanwhile`. */
async function pass(
  port: number,
  origin: string,
  clients: Client[],
  meanwhile: () => Promise<void> = async () => {},
): Promise<number> {
  const open: Socket[] = [];
  const waiting = [...clients];
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let client = waiting.pop(); client; client = waiting.pop())
        open.push(await openSocket(port, origin, client));
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  await meanwhile();
  const dead = open.filter((socket) => socket.destroyed).length;
  if (dead > 0) throw new Error(`${dead} sockets did not stay open`);
  await Promise.all(open.map((socket) => new Promise((closed) => socket.once("close", closed).destroy())));
  return clients.length / seconds;
}

function openSocket(port: number, origin: string, { cookie, token }: Client): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject);
    socket.once("data", (answer: Buffer) => {
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer.toString("latin1"))?.[1];
      if (status === "101") resolve(socket.resume());
      else reject(new Error(`a socket was refused (${status})`));
    });
    // About as long as what livekit-client sends: its join request with the offer.
    const join = "A".repeat(2_400);
    socket.write(
      `GET /rtc/v1?access_token=${token}&join_request=${join} HTTP/1.1\r\nHost: ${new URL(origin).host}\r\n` +
        `Origin: ${origin}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
  });
}

/** Browsers of people who may watch, each with its identity in the room. */
async function insertBrowsers(db: Db): Promise<Browser[]> {
  const { pass, stream } = await insertPeople(db, { status: "live" });
  const browsers: Browser[] = [];
  for (let at = 0; at < sockets; at += 1) {
    const session = `session-of-the-bench-${at}`;
    const identity = `v_bench-${at}`;
    await sql`
      with person as (insert into users (email) values (${`bench-${at}@example.com`}) returning id),
        session as (
          insert into sessions (token_hash, user_id, expires_at)
          select ${hashToken(session)}, id, now() + interval '1 day' from person returning id
        ),
        granted as (
          insert into access_grants (access_pass_id, user_id, source) select ${pass.id}::uuid, id, 'given' from person
        )
      insert into stream_participants (identity, stream_id, user_id, session_id, tab, role)
      select ${identity}, ${stream.id}::uuid, person.id, session.id, 'tab-of-the-bench', 'viewer' from person, session
    `.execute(db);
    browsers.push({ cookie: `session=${session}`, holder: { streamId: stream.id, identity } });
  }
  return browsers;
}

async function withTicket({ cookie, holder }: Browser, secret: string): Promise<Client> {
  const mintToken = () => Promise.reject(new Error("a ticket was wanted"));
  const mint = { publicUrl: null, mintToken, sessionSecrets: [secret] };
  return { cookie, token: (await mintTicket(mint, { ...holder, role: "viewer" })).token };
}
