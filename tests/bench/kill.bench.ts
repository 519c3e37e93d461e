import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { signal } from "#local/processes.ts";
import {
  attemptsOf,
  awaitSegments,
  killRecorder,
  recordingProcesses,
  verifiedOf,
} from "#tests/faults/recorder-tools.ts";
import { goOnAir, recordingsOf, until } from "#tests/faults/studio-tools.ts";
import { endStream } from "#tests/browser/people.ts";
import { listParts } from "#app/domain/recordings/parts.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";
import { type Kill, lossesOf } from "./losses.ts";
import { pause } from "./processes.ts";

export const name = "kill";
export const title =
  "The recorder killed with -9 at random moments of one stream, every other time the whole of it, so that nobody announces it, and every third time as it starts";

const kills = 12;
const budgetMs = 7.8 * 60_000;
const goals = { lossMs: 32_000 };

/** `bench kill 4` kills so often only. */
export const run: Bench["run"] = async ({ say, args }): Promise<Measured> => {
  const wanted = Number(args[0] ?? kills);
  if (!Number.isInteger(wanted) || wanted < 1) throw new Error(`how often is "${args[0]}"?`);
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh" });
  const db = openDatabase(edition.env.DATABASE_URL);
  const tools = { edition, db, web: { url: edition.url } };
  const begun = performance.now();
  try {
    const air = await goOnAir(tools);
    try {
      const streamId = air.stream.id;
      const done: Kill[] = [];
      const killed = new Set<number>();
      const verified = new Map<string, number>();
      while (done.length < wanted && performance.now() - begun < budgetMs) {
        const [all, early] = [done.length % 2 === 1, done.length % 3 === 2];
        const attempt = done.length + 1;
        if (early) await newProcess(tools, killed);
        else await awaitSegments(tools, streamId, { attempt, count: 1, seconds: 90 });
        await pause(Math.random() * (early ? 2000 : 6000));
        for (const [place, bytes] of await verifiedOf(tools, streamId)) verified.set(place, bytes);
        const pids = recordingProcesses(tools);
        if (pids.length === 0) throw new Error("there was nothing to kill");
        for (const pid of pids) killed.add(pid);
        done.push({ at: Date.now(), all, early });
        if (all) killRecorder(tools);
        else for (const pid of pids) signal(pid, "SIGKILL");
        const what = all ? "the whole recorder" : "what records";
        say(`${done.length} of ${wanted}: killed ${what}${early ? " as it starts" : ""}`);
      }
      await awaitSegments(tools, streamId, { attempt: done.length + 1, count: 2, seconds: 90 });
      if ((await attemptsOf(tools, streamId)).length !== done.length + 1)
        throw new Error("an attempt was made that no kill explains");
      for (const [place, bytes] of await verifiedOf(tools, streamId)) verified.set(place, bytes);

      await endStream(air.studio);
      const { value } = await until(
        () => recordingsOf(tools, streamId),
        ([each]) => each?.status === "ready" || each?.status === "failed",
        { seconds: 60, words: "the recording is finished" },
      );
      const parts = await listParts(db, value[0]!.id);
      const kept = new Map(parts.map(({ attempt, number, bytes }) => [`${attempt}/${number}`, bytes]));
      const lost = [...verified]
        .filter(([place, bytes]) => kept.get(place) !== bytes)
        .map(([place]) => place);
      const within = parts.filter(
        ({ gapMs }, index) => gapMs > 0 && parts[index - 1]?.attempt === parts[index]!.attempt,
      );
      if (within.length > 0) throw new Error("an attempt has gaps of its own");
      const ms = lossesOf(done, parts);
      return measured(
        done.map((kill, index) => ({ ...kill, ms: ms[index]! })),
        lost,
      );
    } finally {
      await air.close();
    }
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** Waits until something records that was not killed yet, whether anything of it is there or not. */
const newProcess = (tools: Parameters<typeof recordingProcesses>[0], killed: ReadonlySet<number>) =>
  until(
    () => Promise.resolve(recordingProcesses(tools)),
    (pids) => pids.some((pid) => !killed.has(pid)),
    { seconds: 90, words: "another one starts to record" },
  );

function measured(losses: (Kill & { ms: number })[], lost: string[]): Measured {
  const ms = losses.map((loss) => loss.ms);
  const of = (fits: (kill: Kill) => boolean) => losses.filter(fits).map((loss) => loss.ms);
  const maxLossMs = Math.max(...ms);
  const words = (values: number[]) =>
    values.length ? `${round(median(values))} (most ${Math.max(...values)})` : "–";
  return {
    keys: {
      max_loss_ms: round(maxLossMs),
      verified_lost: lost.length,
      median_ms: round(median(ms)),
      kills: ms.length,
    },
    rows: [
      { what: "kills", value: String(ms.length) },
      {
        what: "missing in the replay after what records was killed, ms",
        value: words(of(({ all, early }) => !all && !early)),
      },
      {
        what: "missing in the replay after the whole recorder was killed, ms",
        value: words(of(({ all, early }) => all && !early)),
      },
      { what: "missing after either was killed as it started, ms", value: words(of(({ early }) => early)) },
      { what: "verified segments that are not in the replay", value: String(lost.length) },
    ],
    missed: [
      ...(ms.length < kills ? [`killed ${ms.length} times, goal ${kills}`] : []),
      ...(maxLossMs > goals.lossMs
        ? [`lost ${round(maxLossMs)} ms at once, goal at most ${goals.lossMs}`]
        : []),
      ...(lost.length > 0 ? [`verified and lost: ${lost.join(", ")}; goal none`] : []),
    ],
  };
}
