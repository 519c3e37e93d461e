import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { sql } from "kysely";
import { readConfig } from "#app/config.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { goLive } from "#app/domain/streams/broadcast.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import type { Db } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { inFuture, insertPeople, signIn } from "#tests/factories.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { startCountedLine } from "./counted-line.ts";
import { insertCrowd } from "./crowd.ts";
import type { LobbyJoined, LobbyTold, LobbyWish } from "./lobby-crowd.ts";
import { collectGarbage, pause, residentMib, startScript } from "./processes.ts";

export const name = "lobby";
export const title = "5 000 page sockets waiting, go live to the last one told";

const crowd = 5_000;
const rounds = 3;
const joins = 1_000;

export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  const count = Number(args[0] ?? crowd);
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  // Everybody comes from an address of their own, as through the proxy of a real deployment.
  const edition = await startEdition({
    dir,
    ports: "fresh",
    without: ["recorder"],
    env: { TRUSTED_PROXIES: "127.0.0.1" },
  });
  const config = readConfig(edition.env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const services = await openServices(config.config, "web");
  const { db } = services;
  const line = await startCountedLine(edition.env.DATABASE_URL);
  try {
    const web = await edition.addWeb({ env: { DATABASE_URL: line.url } });
    const { path: watchPath, stream, pass, people } = await insertPeople(db, { status: "scheduled" });
    const arrivals = await insertCrowd(db, { passId: pass.id, count });
    await setWaiting(db, stream.id);
    const file = path.join(dir, "lobby.json");
    const wish: LobbyWish = {
      url: web.url,
      path: watchPath,
      streamId: stream.id,
      rounds,
      joins: Math.min(joins, count),
      people: arrivals,
    };
    await writeFile(file, JSON.stringify(wish));
    const { sessionId } = await signIn(db, people.host.id);
    const host = { streamId: stream.id, userId: people.host.id, sessionId, tab: "tab-of-the-host" };

    say(`${count} people come and wait …`);
    await pause(2_000);
    await collectGarbage(web.pid!);
    const before = await residentMib(web.pid!);
    const waiting = await startScript(path.join(import.meta.dirname, "lobby-crowd.ts"), [file]);
    if (waiting.line !== "waiting") throw new Error("the crowd did not come");
    const lines = createInterface({ input: waiting.child.stdout! })[Symbol.asyncIterator]();
    const next = async <Line>() => JSON.parse((await lines.next()).value as string) as Line;
    // Longer than two pings, so that all that a page costs while it waits is there.
    await pause(12_000);
    await collectGarbage(web.pid!);
    const pageKib = ((await residentMib(web.pid!)) - before) * (1024 / count);
    const idleFrom = line.asked();
    await pause(10_000);
    const asksEachSecond = (line.asked() - idleFrom) / 10;

    const told: number[][] = [];
    const pressed: number[] = [];
    const asked: number[] = [];
    for (let turn = 1; turn <= rounds; turn += 1) {
      await setWaiting(db, stream.id);
      await pause(3_000);
      const pressedAt = Date.now();
      const askedBefore = line.asked();
      const press = { ...host, liveKey: randomUUID(), record: false, graceSeconds: 300 };
      const live = await goLive(db, services, press);
      if (!live.ok) throw new Error(`could not go live: ${live.reason}`);
      const { toldAt, lost } = await next<LobbyTold>();
      asked.push(line.asked() - askedBefore);
      if (lost > 0) throw new Error(`${lost} of ${count} pages were cut off`);
      const begun = await liveSince(db, stream.id);
      told.push(toldAt.map((at) => at - begun));
      pressed.push(Math.max(...toldAt) - pressedAt);
      say(`round ${turn} of ${rounds}: the last one told after ${round(Math.max(...told.at(-1)!))} ms`);
    }
    say(`${wish.joins} of them join …`);
    const { joined, seconds, errors } = await next<LobbyJoined>();
    await waiting.stop();
    const failures = Object.entries(errors).map(([what, times]) => `${times} × ${what}`);
    if (failures.length > 0) say(`did not join: ${failures.join(", ")}`);

    const p99 = median(told.map((times) => percentile(times, 0.99)));
    return {
      keys: {
        p99_ms: round(p99),
        page_kib: round(pageKib, 1),
        queries: round(median(asked)),
        joins_s: round(joined / seconds),
      },
      rows: [
        {
          what: `live to told, of ${count} pages: median, p99 and slowest of each round, ms`,
          value: told
            .map((times) =>
              [median(times), percentile(times, 0.99), Math.max(...times)].map((ms) => round(ms)).join(" / "),
            )
            .join("; "),
        },
        { what: "pressed to the last one told, each round, ms", value: pressed.join(", ") },
        { what: "memory of web for a waiting page, KiB", value: String(round(pageKib, 1)) },
        {
          what: "queries of web from the press to the last one told, each round",
          value: asked.join(", "),
        },
        { what: "queries of web a second while all wait", value: String(round(asksEachSecond, 1)) },
        {
          what: "joins a second: ticket, gate and LiveKit's answer, on these cores",
          value: `${round(joined / seconds)} (${joined} of ${wish.joins})`,
        },
      ],
      missed: p99 > 1_000 ? [`p99 ${round(p99)} ms, goal at most 1000`] : [],
    };
  } finally {
    line.close();
    await closeServices(services);
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** The stream is about to begin, whatever it was before; its open pages hear of it. */
async function setWaiting(db: Db, streamId: string): Promise<void> {
  await db.deleteFrom("stream_host_leases").where("stream_id", "=", streamId).execute();
  await db
    .updateTable("streams")
    .set({ status: "scheduled", live_at: null, live_key: null, starts_at: inFuture("1 minute") })
    .where("id", "=", streamId)
    .execute();
  await notifyChange(db, { kind: "stream", streamId });
}

/** When it went live, in ms since 1970: the moment before its commit. */
async function liveSince(db: Db, streamId: string): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select extract(epoch from live_at)::float8 * 1000 as ms from streams where id = ${streamId}::uuid
  `.execute(db);
  return rows[0]!.ms;
}
