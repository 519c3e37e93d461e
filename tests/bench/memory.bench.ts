import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { insertPeople, insertGrant, insertUser, signIn } from "#tests/factories.ts";
import { type Bench, type Measured, round } from "./bench.ts";
import { collectGarbage, pause, residentMib, startScript } from "./processes.ts";

export const name = "memory";
export const title = "Resident memory of web and worker, idle and with 200 open page sockets";

const sockets = 200;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder"] });
  const db = openDatabase(edition.env.DATABASE_URL ?? "");
  try {
    const empty = await startScript(path.join(import.meta.dirname, "bare-web.ts"), ["empty"]);
    const { path: watchPath, people, pass, stream } = await insertPeople(db, { status: "live" });
    const cookies = [(await signIn(db, people.viewer.id)).cookie];
    while (cookies.length < sockets) {
      const person = await insertUser(db);
      await insertGrant(db, { passId: pass.id, userId: person.id });
      cookies.push((await signIn(db, person.id)).cookie);
    }
    const load = async (url: string) => {
      for (let times = 0; times < 300; times++)
        await (await fetch(url, { headers: { cookie: cookies[0]! } })).text();
    };
    // Each figure is taken after the same work, so that the collector has had the same reasons to run.
    say("idle …");
    const web = edition.part("web").pid!;
    await load(edition.url + watchPath);
    const idle = await settled(web);
    const worker = await settled(edition.part("worker").pid!);
    await load(empty.line);
    const base = await settled(empty.child.pid!);
    await empty.stop();

    say(`opening ${sockets} page sockets …`);
    const open = await Promise.all(
      cookies.map((cookie, index) => openSocket(edition.url, stream.id, cookie, `bench-tab-${index}`)),
    );
    await pause(10_000);
    const closed = open.filter((socket) => socket.readyState !== WebSocket.OPEN).length;
    if (closed > 0) throw new Error(`${closed} page sockets did not stay open`);
    await load(edition.url + watchPath);
    const full = await settled(web);
    for (const socket of open) socket.terminate();

    const grown = full - idle;
    return {
      keys: {
        web_mib: round(idle, 1),
        worker_mib: round(worker, 1),
        grown_mib: round(grown, 1),
        base_mib: round(base, 1),
      },
      rows: [
        { what: "web, idle, MiB", value: String(round(idle, 1)) },
        { what: `web with ${sockets} page sockets, MiB`, value: String(round(full, 1)) },
        { what: "worker, idle, MiB", value: String(round(worker, 1)) },
        { what: "empty Remix server, MiB", value: String(round(base, 1)) },
      ],
      missed: grown > 20 ? [`grown ${round(grown, 1)} MiB, goal at most 20`] : [],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** What is there for good: after the garbage is gone, the least of some seconds. */
async function settled(pid: number): Promise<number> {
  await collectGarbage(pid);
  const seen: number[] = [];
  for (let times = 0; times < 8; times++) {
    seen.push(await residentMib(pid));
    await pause(1000);
  }
  return Math.min(...seen);
}

async function openSocket(url: string, streamId: string, cookie: string, tab: string): Promise<WebSocket> {
  const address = `${url.replace(/^http/, "ws")}/events?stream=${streamId}&tab=${tab}&page=watch`;
  const socket = new WebSocket(address, { headers: { cookie, origin: url } });
  await new Promise<void>((resolve, reject) => {
    socket.once("message", () => resolve());
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`a page socket closed with ${code}`)));
  });
  return socket;
}
