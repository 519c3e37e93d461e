import { exportRows } from "#tests/integration/recording-fixtures.ts";
import type { Tools } from "./fault.ts";
import { comesTo, insertStopped, untilExported, untilReady, verified } from "./storage-tools.ts";
import { promise, until } from "./studio-tools.ts";

/** Longer than a worker is waited for: what it reads or sends then is not done by it. */
const tooSlow = { slowMs: 25_000 };
/** A worker ends itself 14 s after SIGTERM. */
const mostMs = 15_000;
/** So many parts of an MP4 are on their way at once. */
const mostOnTheirWay = 3;

/**
 * Stops the worker (SIGTERM) while it finishes a recording of these attempts, and the next one while it makes the MP4, each
 * time with another one beside it, as a deploy does. Gives what it came to, and how long each thing took.
 */
export async function handOverTwice(tools: Tools, attempts: readonly (readonly Uint8Array[])[]) {
  const { edition, storage, say, db } = tools;
  const first = edition.part("worker");
  const held = storage.make({ methods: ["GET"], key: /\/2\/seg_0000[67]\.ts$/, trouble: tooSlow });
  const stopped = await insertStopped(tools, attempts);
  await until(
    async () => (await verified(tools, stopped, 2)) >= 6 && held.hits > 0,
    (amid) => amid,
    { seconds: 60, words: "the first attempt is done, and most of the second" },
  );
  say("stopping the worker (SIGTERM) while it finishes a recording; another one runs");
  const next = await edition.addWorker();
  const finishing = await timeOf(() => first.stop());
  held.lift();
  const ready = await untilReady(tools, stopped, 40);

  const later = storage.make({
    methods: ["PUT"],
    key: /\.mp4$/,
    only: ({ query }) => Number(query.get("partNumber")) > 4,
    trouble: tooSlow,
  });
  await until(
    async () => later.hits,
    (hits) => hits > 0,
    { seconds: 90, words: "half of the MP4 is sent" },
  );
  const sent = partsSent();
  say("stopping that one (SIGTERM) in the middle of the MP4's upload; the first runs again");
  await first.start();
  const exporting = await timeOf(() => next.stop());
  later.lift();
  const exported = await untilExported(tools, stopped, 120);
  const twice = partsSent()
    .slice(sent.length)
    .filter((part) => sent.includes(part));
  // What was on its way when the worker was stopped is sent again: storage does not say that it came.
  promise(twice.length <= mostOnTheirWay, `no more is sent again (${twice.length} of ${sent.length} parts)`);
  const known = (await exportRows(db, stopped.recordingId)).length;
  promise(known === 3, `there are three exports (${known})`);
  for (const ms of [finishing, exporting]) promise(ms < mostMs, `a worker ends in time (${ms} ms)`);
  return {
    came: await comesTo(tools, stopped),
    stopMs: [finishing, exporting],
    readyMs: ready.tookMs,
    exportedMs: exported.tookMs,
    sent: sent.length,
    twice: twice.length,
  };

  function partsSent() {
    return storage.seen
      .filter(({ method, key, query }) => method === "PUT" && key.endsWith(".mp4") && query.has("partNumber"))
      .filter(({ status }) => status === 200)
      .map(({ key, query }) => `${key} ${query.get("partNumber")}`);
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return Math.round(performance.now() - begun);
}
