import { type Transaction, sql } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import { recordingMoves } from "./moves.ts";

type Trx = Transaction<Database>;

/**
 * Gives a stream that goes live its recording, in the same transaction, and has it started as soon as the host's first
 * track is there. A stream has at most one unfinished recording: asked again, this gives the one that exists.
 */
export async function createRecording(
  trx: Trx,
  queue: Queue,
  { streamId }: { streamId: string },
): Promise<{ recordingId: string }> {
  const created = await trx
    .insertInto("streaming_recordings")
    .values({ stream_id: streamId })
    .onConflict((conflict) =>
      // Written out: Postgres does not find an index of some rows by parameters, once it plans a statement for all values.
      conflict
        .column("stream_id")
        .where(sql<boolean>`status not in ('ready', 'failed')`)
        .doNothing(),
    )
    .returning("id")
    .executeTakeFirst();
  if (created) {
    await enqueue(trx, queue, "recording.start", { recordingId: created.id });
    await notifyChange(trx, { kind: "stream", streamId });
    return { recordingId: created.id };
  }
  const { id } = await trx
    .selectFrom("streaming_recordings")
    .select("id")
    .where("stream_id", "=", streamId)
    .where("status", "not in", ["ready", "failed"])
    .executeTakeFirstOrThrow();
  return { recordingId: id };
}

/**
 * Has the recording of a stream that ended stopped and finished, in the same transaction. Undefined when there is none
 * to stop, which is normal: the stream was not recorded, or somebody stopped it before.
 */
export async function stopRecording(
  trx: Trx,
  queue: Queue,
  { streamId }: { streamId: string },
): Promise<{ recordingId: string } | undefined> {
  const stopped = await trx
    .updateTable("streaming_recordings")
    .set({ status: recordingMoves.stop.to, stopped_at: sql`clock_timestamp()`, reason: "", work_until: null })
    .where("stream_id", "=", streamId)
    .where("status", "in", recordingMoves.stop.from)
    .returning("id")
    .executeTakeFirst();
  if (!stopped) return undefined;
  await enqueue(trx, queue, "recording.stop", { recordingId: stopped.id });
  await notifyChange(trx, { kind: "stream", streamId });
  return { recordingId: stopped.id };
}
