import { exportRows } from "#tests/integration/recording-fixtures.ts";
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

export const name = "F12";
export const title = "The worker is killed while it finishes a recording, and again while it makes the MP4";

export const run: Fault["run"] = async (tools) => {
  const { edition, storage, say, db } = tools;
  say("encoding what was recorded, in three attempts …");
  const segments = await largeSegments(8);
  const attempts = [segments.slice(0, 4), segments, segments.slice(0, 4)];
  const control = await insertStopped(tools, attempts);
  await untilReady(tools, control, 60);
  await untilExported(tools, control, 120);
  const expected = await comesTo(tools, control);

  // The first rule that fits counts: of the second attempt six are read at once, and the rest is held up until the kill.
  const hold = storage.make({
    methods: ["GET"],
    key: /\/2\/seg_0000[67]\.ts$/,
    trouble: { slowMs: 25_000 },
  });
  const slow = storage.make({ methods: ["GET"], key: /\/seg_\d+\.ts$/, trouble: { slowMs: 700 } });
  const stopped = await insertStopped(tools, attempts);
  await until(
    () => verified(tools, stopped, 2),
    (count) => count >= 6,
    {
      seconds: 60,
      words: "the first attempt is done, and most of the second",
    },
  );
  const other = await edition.addWorker();
  const from = storage.seen.length;
  say("killing the worker (kill -9) in the second attempt; another one runs");
  promise(hold.hits > 0, "it was in the middle of it");
  edition.part("worker").kill();
  hold.lift();
  const { tookMs } = await untilReady(tools, stopped, 30);
  const again = storage.seen
    .slice(from)
    .filter(({ method, key }) => method === "GET" && key.includes(`${stopped.streamId}/1/seg_`));
  // The exports begin when it is ready, and read all of it.
  promise(again.length <= 1, `the first attempt was not read again (${again.length} reads)`);
  slow.lift();

  const parts = () =>
    storage.seen.filter(
      ({ method, key, query }) =>
        method === "PUT" && key.startsWith(stopped.exports) && query.has("partNumber"),
    );
  const laterParts = storage.make({
    methods: ["PUT"],
    key: /\.mp4$/,
    only: ({ query }) => Number(query.get("partNumber")) > 4,
    trouble: { slowMs: 5000 },
  });
  await until(
    () => exportRows(db, stopped.recordingId),
    (rows) => rows.some(({ upload_id }) => upload_id),
    {
      seconds: 60,
      words: "the MP4 is being sent",
    },
  );
  await until(
    async () => laterParts.hits,
    (hits) => hits > 0,
    { seconds: 60, words: "half of it is sent" },
  );
  const before = parts().map(({ query }) => query.get("partNumber"));
  say("killing both workers (kill -9) in the middle of the MP4's upload");
  edition.part("worker").kill();
  other.kill();
  laterParts.lift();
  const exported = await untilExported(tools, stopped, 120);
  const after = parts()
    .slice(before.length)
    .map(({ query }) => query.get("partNumber"));
  const twice = after.filter((part) => before.includes(part));
  promise(twice.length === 0, `no part that was sent is sent again (${twice.join(", ")})`);
  const came = await comesTo(tools, stopped);
  promise(
    JSON.stringify(came) === JSON.stringify(expected),
    `it is the same as without a kill: ${JSON.stringify({ came, expected })}`,
  );
  promise(came.told === 1 && came.uploads === 0, "it was announced once, and no upload is left");
  promise(came.objects.length === 5, `no object twice (${came.objects.length})`);
  await other.stop();
  return {
    did: "kill -9 of the worker in the second of three attempts, then of both workers in the middle of the MP4's upload",
    saw: `ready ${tookMs} ms after, without reading the first attempt again; the MP4 ${exported.tookMs} ms after, ${before.length} parts of it not sent again; the same bytes, objects and announcement as a recording without kills`,
  };
};
