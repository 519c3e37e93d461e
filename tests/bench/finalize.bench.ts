import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { openDatabase } from "#db/client.ts";
import { type Edition, startEdition } from "#local/edition.ts";
import { thrift } from "#local/parts/worker.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { insertLongRecording, storageOf, storeMinutes } from "./long-recordings.ts";

export const name = "finalize";
export const title =
  "The MP4 of an hour from its segments, against copying the same bytes; its memory, also for six hours";

const script = path.join(import.meta.dirname, "finalize-process.ts");

export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  const minutes = args.includes("--short") ? 5 : 60;
  const rounds = 3;
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say(`starting database and storage; an "hour" has ${minutes} minutes …`);
  const without = [
    ...(["livekit-server", "mail", "recorder", "chat", "web", "worker", "seed", "build"] as const),
  ];
  const edition = await startEdition({ dir, ports: "fresh", without });
  const { env } = edition;
  const db = openDatabase(env.DATABASE_URL);
  const storage = storageOf(env);
  try {
    say("encoding and storing what was recorded …");
    const hour = await storeMinutes(storage, { minutes });
    const longRecording = async (attempts: number) => {
      const { recordingId, streamId, exportId } = await insertLongRecording(db, { hour, attempts });
      return [recordingId, streamId, exportId];
    };
    const one = await longRecording(1);
    const six = await longRecording(6);
    const ours: number[] = [];
    const base: number[] = [];
    const memory: number[] = [];
    for (let turn = 1; turn <= rounds; turn++) {
      const copied = await inProcess(edition, "copy", one);
      const made = await inProcess(edition, "mp4", one);
      base.push(copied.ms);
      ours.push(made.ms);
      memory.push(made.rssMib);
      say(`round ${turn} of ${rounds}: copied in ${round(copied.ms)} ms, MP4 in ${round(made.ms)} ms`);
    }
    const long = await inProcess(edition, "mp4", six);
    say(`six times as long: ${round(long.ms)} ms, ${round(long.bytes / 1e6)} MB, ${round(long.rssMib)} MiB`);
    const ratio = median(ours.map((ms, turn) => ms / base[turn]!));
    const rss = Math.max(...memory);
    const missed = [
      ...(ratio > 2.5 ? [`ratio ${round(ratio, 2)}, goal at most 2.5`] : []),
      ...(long.rssMib > 300 ? [`rss_6h ${round(long.rssMib)} MiB, goal at most 300`] : []),
    ];
    return {
      keys: {
        ratio: round(ratio, 2),
        rss_mib: round(rss),
        rss_6h_mib: round(long.rssMib),
        ours_ms: round(median(ours)),
        base_ms: round(median(base)),
        minutes,
      },
      rows: [
        { what: "MP4 with reading it back, ms", value: String(round(median(ours))) },
        { what: "copying the same bytes, ms", value: String(round(median(base))) },
        { what: "memory, MiB", value: String(round(rss)) },
        { what: "memory of six times as much, MiB", value: String(round(long.rssMib)) },
        { what: "minutes of an hour", value: String(minutes) },
      ],
      missed,
    };
  } finally {
    storage.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

async function inProcess({ env }: Edition, way: "mp4" | "copy", ids: string[]) {
  const { stdout } = await promisify(execFile)(process.execPath, [...thrift.flags, script, way, ...ids], {
    env: { ...process.env, ...env, ...thrift.env, NODE_ENV: "production", LOG_LEVEL: "silent" },
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as { ms: number; rssMib: number; bytes: number };
}
