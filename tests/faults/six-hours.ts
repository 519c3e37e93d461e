import { encodeSegments } from "#tests/bench/synthetic-segments.ts";
import { insertLongRecording, storeMinutes } from "#tests/bench/long-recordings.ts";
import type { Tools } from "./fault.ts";
import { withServices } from "./storage-tools.ts";
import { until } from "./studio-tools.ts";

/** Six hours that were recorded in six attempts, with small pictures; the worker makes their MP4 by itself. */
export async function insertSixHours(tools: Tools) {
  const base = await encodeSegments({ count: 8, width: 160, height: 90, kilobits: 40 });
  return withServices(tools, async ({ db, storage }) => {
    const hour = await storeMinutes(storage, { minutes: 60, base });
    const long = await insertLongRecording(db, { hour, attempts: 6 });
    await db
      .updateTable("streaming_recording_exports")
      .set({ status: "waiting", next_try_at: new Date(0) })
      .where("id", "=", long.exportId)
      .execute();
    return { ...long, folder: "recordings/bench/" };
  });
}

/** Waits for that MP4, and removes all of it from storage. Gives its length in ms and its size. */
export async function untilSixHours(
  tools: Tools,
  { exportId, recordingId, folder }: Awaited<ReturnType<typeof insertSixHours>>,
) {
  const row = () =>
    tools.db
      .selectFrom("streaming_recording_exports")
      .selectAll()
      .where("id", "=", exportId)
      .executeTakeFirstOrThrow();
  const words = "the MP4 of six hours is ready";
  const { value } = await until(row, ({ status }) => status === "ready", { seconds: 240, words });
  await withServices(tools, async ({ storage }) => {
    await storage.remove(value.key!);
    for await (const page of storage.pages(folder)) for (const { key } of page) await storage.remove(key);
    // As when it is deleted: nothing of it is there any more.
    const then = new Date();
    await tools.db
      .updateTable("streaming_recordings")
      .set({ deleted_at: then, removed_at: then, emptied_at: then })
      .where("id", "=", recordingId)
      .execute();
  });
  return { durationMs: value.duration_ms ?? 0, bytes: value.bytes ?? 0 };
}
