import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { insertPeople } from "#tests/factories.ts";
import type { CrowdTale, CrowdWish } from "./arrivals-crowd.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { insertCrowd } from "./crowd.ts";
import { loadedBy } from "./loaded-by.ts";
import { residentMib, startScript } from "./processes.ts";

export const name = "arrivals";
export const title = "10 000 people load the watch page in 60 s, each gets a ticket and keeps a page socket";

const crowd = 10_000;
const seconds = 60;

export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  const count = Number(args[0] ?? crowd);
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({
    dir,
    ports: "fresh",
    without: ["recorder"],
    // Everybody comes from an address of their own, as through the proxy of a real deployment.
    env: { TRUSTED_PROXIES: "127.0.0.1" },
  });
  const db = openDatabase(edition.env.DATABASE_URL);
  try {
    const { path: watchPath, stream, pass } = await insertPeople(db, { status: "live" });
    const arrivals = await insertCrowd(db, { passId: pass.id, count });
    const wish: CrowdWish = {
      url: edition.url,
      path: watchPath,
      seconds: (seconds * count) / crowd,
      people: arrivals,
      streamId: stream.id,
      title: stream.title,
    };
    say(`${count} people …`);
    const ours = await send(dir, wish);
    const webMib = await residentMib(edition.part("web").pid!);
    const { rows } = await sql<{ now: number }>`
      select viewers_now as now from stream_audiences where stream_id = ${stream.id}::uuid
    `.execute(db);

    const frozen = path.join(dir, "loaded.json");
    await writeFile(frozen, JSON.stringify(await loadedBy(edition.url, watchPath, arrivals[0]!.cookie)));
    const bare = await startScript(path.join(import.meta.dirname, "bare-web.ts"), ["frozen", frozen]);
    say(`${count} people at the bare route …`);
    const base = await send(dir, { ...wish, url: bare.line, streamId: "" });
    await bare.stop();

    const failures = Object.entries(ours.errors);
    const lost = ours.socketMs.length - ours.open;
    const errors = failures.reduce((sum, [, times]) => sum + times, 0) + lost;
    const baseErrors = Object.values(base.errors).reduce((sum, times) => sum + times, 0);
    if (baseErrors > 0) say(`the bare route failed ${baseErrors} times`);
    const times = (list: number[]) =>
      [median(list), percentile(list, 0.99), Math.max(...list)].map((ms) => round(ms)).join(" / ");
    return {
      keys: {
        errors,
        p99_ms: round(percentile(ours.pageMs, 0.99)),
        base_p99_ms: round(percentile(base.pageMs, 0.99)),
      },
      rows: [
        { what: "page: median, p99 and slowest, ms", value: times(ours.pageMs) },
        { what: "the same of the bare route", value: times(base.pageMs) },
        { what: "ticket, ms", value: times(ours.ticketMs) },
        { what: "socket until it has told the state, ms", value: times(ours.socketMs) },
        {
          what: `until all ${count} were there, and at the bare route, s`,
          value: `${round(ours.tookMs / 1000)}, ${round(base.tookMs / 1000)}`,
        },
        { what: "sockets open 20 s later, and watching as counted", value: `${ours.open}, ${rows[0]?.now}` },
        { what: "memory of web with all of them, MiB", value: String(round(webMib)) },
        { what: "the crowd was late by at most, ms", value: `${round(ours.lateMs)}, ${round(base.lateMs)}` },
        ...failures.map(([what, times]) => ({ what: `failed: ${what}`, value: String(times) })),
      ],
      missed: errors > 0 ? [`${errors} errors, goal none`] : [],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

async function send(dir: string, wish: CrowdWish): Promise<CrowdTale> {
  const file = path.join(dir, "crowd.json");
  await writeFile(file, JSON.stringify(wish));
  const script = await startScript(path.join(import.meta.dirname, "arrivals-crowd.ts"), [file]);
  return JSON.parse(script.line) as CrowdTale;
}
