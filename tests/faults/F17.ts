import { sql } from "kysely";
import { advances } from "#tests/browser/picture.ts";
import type { Fault, Tools } from "./fault.ts";
import {
  attemptsOf,
  awaitSegments,
  endToReplay,
  gapsOf,
  partsInWords,
  playsAt,
  verifiedOf,
} from "./recorder-tools.ts";
import { sha256, withServices } from "./storage-tools.ts";
import { goOnAir, type OnAir, promise, until } from "./studio-tools.ts";

export const name = "F17";
export const title = "Storage is away in the middle of a stream: with a second store, and without one";
export const edition = { recordingStore: true };

/** Instead of the ten minutes and more of the table: nothing in it counts minutes but the pauses, which are 60 s at most. */
const outageSeconds = { beside: 70, alone: 40 };

export const run: Fault["run"] = async (tools) => {
  const beside = await withSecondStore(tools);
  const worker = tools.edition.part("worker");
  await worker.stop();
  await tools.edition.addWorker({ env: withoutStore });
  const alone = await withoutSecondStore(tools);
  return {
    did: `cut the storage that viewers read off for ${outageSeconds.beside} s while recorders wrote to another one, and killed the worker (-9) while it copied afterwards; for ${outageSeconds.alone} s while there was no other (the table says 10 and 67 minutes; both are shortened)`,
    saw: `${beside}; without a second store, ${alone}`,
  };
};

const withoutStore = Object.fromEntries(
  ["ENDPOINT", "REGION", "BUCKET", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"].map((each) => [
    `RECORDING_S3_${each}`,
    "",
  ]),
);

async function withSecondStore(tools: Tools): Promise<string> {
  const { storage, say, edition: running } = tools;
  const air = await goOnAir(tools);
  const streamId = air.stream.id;
  try {
    await awaitSegments(tools, streamId, { attempt: 1, count: 4 });
    await until(
      () => waitingOf(tools, streamId),
      ({ copied }) => copied >= 3,
      { seconds: 20, words: "what is verified is copied" },
    );

    say(`the storage that viewers read is away for ${outageSeconds.beside} s`);
    const before = await verifiedOf(tools, streamId);
    const { lift, stillMs } = await cutOff(tools, air, outageSeconds.beside, async () => {
      await air.studio.getByText(/In storage until \d+:\d\d\. What is newer lies where/).waitFor();
    });
    const during = (await verifiedOf(tools, streamId)).size - before.size;
    const attempts = await attemptsOf(tools, streamId);
    promise(attempts.length === 1 && attempts[0]!.status === "active", "the recorder went on");
    promise(
      during * 2 >= outageSeconds.beside * 0.7,
      `it was read back all the time (${during} segments of two seconds)`,
    );
    const waiting = await waitingOf(tools, streamId);
    promise(waiting.waiting >= during - 1, `none of it was called copied (${waiting.waiting} wait)`);

    const slow = storage.make({ methods: ["PUT"], key: /seg_\d+\.ts$/, trouble: { slowMs: 500 } });
    lift();
    say("it is back; the worker is killed (kill -9) while it copies");
    await until(
      () => waitingOf(tools, streamId),
      ({ copied }) => copied > waiting.copied,
      { seconds: 90, words: "something of it is copied" },
    );
    running.part("worker").kill("SIGKILL");
    const left = await waitingOf(tools, streamId);
    promise(left.waiting > 0, `it was killed in the middle (${left.waiting} wait)`);
    slow.lift();
    await running.part("worker").waitUntilReady();
    const caught = await until(
      () => waitingOf(tools, streamId),
      ({ waiting }) => waiting <= 2,
      { seconds: 90, words: "all but the newest is copied" },
    );
    await air.studio.getByText(/Read back from storage\./).waitFor({ timeout: 30_000 });

    const parts = await endToReplay(tools, air);
    const gaps = gapsOf(parts);
    promise(gaps.length === 0, `the replay has no gap (${gaps.join(", ")})`);
    promise((await waitingOf(tools, streamId)).waiting === 0, "nothing waits any more");
    await withServices(tools, async (services) => {
      for (const { key, sha256: sum } of parts) {
        const found = await services.storage.read(key);
        promise(
          found !== undefined && sha256(found) === sum,
          `${key} is where viewers read, as it was verified`,
        );
      }
    });
    const gone = before.size * 2;
    promise(await playsAt(air.watching, gone), "a viewer plays what was recorded while it was away");
    return `the viewer's picture went on (it stood for about ${stillMs} ms at most), one recorder wrote all the time (${during} segments verified meanwhile, none called stored), the studio said until when it was in storage; all of it was there ${Math.round(caught.tookMs / 1000)} s after the worker was back, the replay of parts ${partsInWords(parts)} has every byte and no gap`;
  } finally {
    storage.calm();
    await air.close();
  }
}

async function withoutSecondStore(tools: Tools): Promise<string> {
  const { storage, say } = tools;
  const air = await goOnAir(tools);
  const streamId = air.stream.id;
  try {
    await awaitSegments(tools, streamId, { attempt: 1, count: 3 });
    say(`without a second store: it is away for ${outageSeconds.alone} s`);
    const { lift, stillMs } = await cutOff(tools, air, outageSeconds.alone, async () => {
      await air.studio.getByText(/Not recording: /).waitFor({ timeout: outageSeconds.alone * 1000 });
    });
    lift();
    const held = await until(
      () => attemptsOf(tools, streamId),
      (attempts) => attempts.at(-1)!.number > 1 && attempts.at(-1)!.good >= 4,
      { seconds: 90, words: "another attempt holds" },
    );
    const attempts = held.value;
    const parts = await endToReplay(tools, air);
    const gaps = gapsOf(parts);
    promise(gaps.length > 0, "what is missing is a gap that is told");
    const seconds = gaps.reduce((sum, ms) => sum + ms, 0) / 1000;
    promise(seconds >= outageSeconds.alone * 0.7, `it is as long as what could not be stored (${seconds} s)`);
    return `the viewer's picture went on (it stood for about ${stillMs} ms at most), the studio said that it was not recording, attempt ${attempts.length} held ${Math.round(held.tookMs / 1000)} s after it was back; one replay of parts ${partsInWords(parts)}, ${seconds.toFixed(1)} s missing, marked`;
  } finally {
    storage.calm();
    await air.close();
  }
}

/**
 * Ends every request to the storage that viewers read, and looks for so long whether the viewer's picture goes on. Gives what
 * ends it, and for how long the picture stood at most, about.
 */
async function cutOff(
  { storage }: Tools,
  air: OnAir,
  seconds: number,
  meanwhile: () => Promise<void>,
): Promise<{ lift: () => void; stillMs: number }> {
  const away = storage.make({ trouble: "hang up" });
  const begun = performance.now();
  const camera = air.watching.getByLabel("The host's camera");
  const seen = meanwhile();
  // Told at the end, not in the middle of what else is looked at.
  seen.catch(() => {});
  let still = 0;
  while (performance.now() - begun < seconds * 1000) {
    // A busy machine holds a picture up for a moment; what ends does not come back.
    const { tookMs } = await until(
      () => advances(camera),
      (moves) => moves,
      { seconds: 8, words: "the viewer goes on seeing the stream" },
    );
    still = Math.max(still, tookMs - 1500);
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
  await seen;
  promise(away.hits > 0, "somebody asked it meanwhile");
  return { lift: away.lift, stillMs: Math.round(still / 100) * 100 };
}

/** How many segments are where viewers read, and how many are not. */
async function waitingOf({ db }: Tools, streamId: string): Promise<{ copied: number; waiting: number }> {
  const { rows } = await sql<{ copied: number; waiting: number }>`
    select count(*) filter (where not g.awaits_copy)::int as copied,
      count(*) filter (where g.awaits_copy)::int as waiting
    from streaming_recording_segments g
    join streaming_recording_attempts a on a.id = g.attempt_id
    join streaming_recordings r on r.id = a.recording_id
    where r.stream_id = ${streamId}::uuid and g.problem is null
  `.execute(db);
  return rows[0]!;
}
