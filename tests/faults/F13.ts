import { exportRows, recordingRow, segmentRows } from "#tests/integration/recording-fixtures.ts";
import type { Fault } from "./fault.ts";
import {
  comesTo,
  insertStopped,
  largeSegments,
  untilExported,
  untilReady,
  verified,
} from "./storage-tools.ts";
import { promise, until } from "./studio-tools.ts";

export const name = "F13";
export const title =
  "The worker sleeps while it finishes a recording and makes the MP4, and wakes when another has done both";

export const run: Fault["run"] = async (tools) => {
  const { edition, storage, say, db } = tools;
  const worker = edition.part("worker");
  const segments = await largeSegments();
  const slow = storage.make({ methods: ["GET"], key: /\/seg_\d+\.ts$/, trouble: { slowMs: 700 } });
  const stopped = await insertStopped(tools, [segments, segments.slice(0, 3)]);
  await until(
    () => verified(tools, stopped, 1),
    (count) => count >= 2,
    {
      seconds: 60,
      words: "it is being finished",
    },
  );
  say("stopping the worker where it stands (SIGSTOP); another one is started");
  worker.pause();
  const other = await edition.addWorker();
  const ready = await untilReady(tools, stopped, 60);
  slow.lift();
  const made = await untilExported(tools, stopped, 120);
  const rows = async () =>
    JSON.stringify([
      await recordingRow(db, stopped.recordingId),
      await segmentRows(db, stopped.recordingId),
      await exportRows(db, stopped.recordingId),
      await comesTo(tools, stopped),
    ]);
  const then = await rows();
  say("waking the first (SIGCONT)");
  worker.resume();
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  promise((await rows()) === then, "nothing has changed, row for row and object for object");

  await other.stop();
  const parts = storage.make({
    methods: ["PUT"],
    key: /\.mp4$/,
    only: ({ query }) => Number(query.get("partNumber")) > 3,
    trouble: { slowMs: 4000 },
  });
  const second = await insertStopped(tools, [segments, segments.slice(0, 3)]);
  await until(
    async () => parts.hits,
    (hits) => hits > 0,
    { seconds: 90, words: "its MP4 is being sent" },
  );
  say("stopping the worker in the middle of another MP4's upload (SIGSTOP); the other is started again");
  worker.pause();
  await other.start();
  parts.lift();
  const taken = await untilExported(tools, second, 150);
  const whole = await comesTo(tools, second);
  worker.resume();
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  promise(
    JSON.stringify(await comesTo(tools, second)) === JSON.stringify(whole) && whole.uploads === 0,
    "the file is the same, and no upload is left",
  );
  const rowsNow = await exportRows(db, second.recordingId);
  promise(
    rowsNow.every(({ status }) => status === "ready"),
    "what is ready stays ready",
  );
  promise(whole.told === 1, "it was announced once");
  await other.stop();
  return {
    did: "SIGSTOP of the worker while it finished a recording, and while it sent an MP4, until another worker had done it; then SIGCONT",
    saw: `the other had it ready after ${ready.tookMs} ms, its exports ${made.tookMs} ms later, and the second MP4 after ${taken.tookMs} ms; the one that woke changed nothing`,
  };
};
