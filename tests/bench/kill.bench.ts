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
import { pause } from "./processes.ts";

export const name = "kill";
export const title =
  "The recorder killed with -9 at random moments of one stream, every other time the whole of it, so that nobody announces it";

const kills = 12;
const budgetMs = 7.5 * 60_000;
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
      const whole: boolean[] = [];
      const verified = new Map<string, number>();
      while (whole.length < wanted && performance.now() - begun < budgetMs) {
        const all = whole.length % 2 === 1;
        await awaitSegments(tools, streamId, { attempt: whole.length + 1, count: 1, seconds: 90 });
        await pause(Math.random() * 6000);
        for (const [place, bytes] of await verifiedOf(tools, streamId)) verified.set(place, bytes);
        if (all) killRecorder(tools);
        else for (const pid of recordingProcesses(tools)) signal(pid, "SIGKILL");
        whole.push(all);
        say(`${whole.length} of ${wanted}: killed ${all ? "the whole recorder" : "what records"}`);
      }
      await awaitSegments(tools, streamId, { attempt: whole.length + 1, count: 2, seconds: 90 });
      if ((await attemptsOf(tools, streamId)).length !== whole.length + 1)
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
      // What is missing between the last that plays of an attempt and the first of the next one.
      const losses = whole.map((all, index) => {
        const next = parts.find(({ attempt }) => attempt === index + 2);
        if (!next) throw new Error(`attempt ${index + 2} has no part`);
        return { all, ms: next.gapMs };
      });
      const within = parts.filter(
        ({ gapMs }, index) => gapMs > 0 && parts[index - 1]?.attempt === parts[index]!.attempt,
      );
      if (within.length > 0) throw new Error("an attempt has gaps of its own");
      return measured(losses, lost);
    } finally {
      await air.close();
    }
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

function measured(losses: { all: boolean; ms: number }[], lost: string[]): Measured {
  const ms = losses.map((loss) => loss.ms);
  const of = (all: boolean) => losses.filter((loss) => loss.all === all).map((loss) => loss.ms);
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
      { what: "missing in the replay after what records was killed, ms", value: words(of(false)) },
      { what: "missing in the replay after the whole recorder was killed, ms", value: words(of(true)) },
      { what: "verified segments that are not in the replay", value: String(lost.length) },
    ],
    missed: [
      ...(maxLossMs > goals.lossMs
        ? [`lost ${round(maxLossMs)} ms at once, goal at most ${goals.lossMs}`]
        : []),
      ...(lost.length > 0 ? [`verified and lost: ${lost.join(", ")}; goal none`] : []),
    ],
  };
}
