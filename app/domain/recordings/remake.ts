import { sql, type Transaction } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { afterTheQueue } from "./export-claims.ts";
import { noPicture } from "./export-folders.ts";

/**
 * Has the exports of a recording made for what plays by now, in the same transaction. One that still lies there from
 * before for exactly that (its edit was undone) is ready at once; what lies there for another edit stays until the new
 * one is ready. Who still makes an earlier version is not listened to any more.
 */
export async function remakeExports(
  trx: Transaction<Database>,
  queue: Queue,
  { recordingId, kind }: { recordingId: string; kind?: "poster" },
): Promise<void> {
  const { rows } = await sql<{ id: string; status: string }>`
    update streaming_recording_exports x
    set version = x.version + 1, tries = 0, progress = 0, reason = '', work_until = null,
      next_try_at = ${afterTheQueue},
      edit = case when ${kind ?? null}::text is null then x.edit end,
      status = case when x.key is not null and x.edit = r.edit and ${kind ?? null}::text is null then 'ready'
        else 'waiting' end::recording_export_status
    from streaming_recordings r
    where r.id = x.recording_id and r.id = ${recordingId}::uuid and x.kind = coalesce(${kind ?? null}, x.kind)
    returning x.id, x.status
  `.execute(trx);
  for (const { id, status } of rows)
    if (status === "waiting") await enqueue(trx, queue, "recording.export", { exportId: id });
}

/**
 * Has those exports made again that could not be made. False when there is none, or the recording was deleted. Where there is
 * no picture, there is none the next time either.
 */
export async function retryExports(
  db: Db,
  queue: Queue,
  { recordingId }: { recordingId: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string; streamId: string }>`
      update streaming_recording_exports x
      set status = 'waiting', tries = 0, progress = 0, reason = '', work_until = null, next_try_at = ${afterTheQueue}
      from streaming_recordings r
      where r.id = x.recording_id and r.id = ${recordingId}::uuid and r.status = 'ready' and r.deleted_at is null
        and x.status = 'failed' and x.reason <> ${noPicture}
      returning x.id, r.stream_id as "streamId"
    `.execute(trx);
    for (const { id } of rows) await enqueue(trx, queue, "recording.export", { exportId: id });
    if (rows[0]) await notifyChange(trx, { kind: "stream", streamId: rows[0].streamId });
    return rows.length > 0;
  });
}

/** Has made what still waited when a recording was deleted: nobody has looked after it since. */
export async function resumeExports(
  trx: Transaction<Database>,
  queue: Queue,
  { recordingId }: { recordingId: string },
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    update streaming_recording_exports set next_try_at = ${afterTheQueue}
    where recording_id = ${recordingId}::uuid and status = 'waiting'
    returning id
  `.execute(trx);
  for (const { id } of rows) await enqueue(trx, queue, "recording.export", { exportId: id });
}

/** Has one export of a recording made again, in the same transaction, whatever is said to be there. */
export async function remakeExport(
  trx: Transaction<Database>,
  queue: Queue,
  { exportId }: { exportId: string },
): Promise<void> {
  const wanted = await trx
    .updateTable("streaming_recording_exports")
    .set({
      status: "waiting",
      version: sql`version + 1`,
      tries: 0,
      progress: 0,
      reason: "",
      work_until: null,
      next_try_at: afterTheQueue,
      key: null,
      bytes: null,
      stored_bytes: null,
      sha256: null,
    })
    .where("id", "=", exportId)
    .where("status", "=", "ready")
    .returning("id")
    .executeTakeFirst();
  if (wanted) await enqueue(trx, queue, "recording.export", { exportId });
}
