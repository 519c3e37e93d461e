import { sql, type Transaction } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";

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
      key: null,
      bytes: null,
      sha256: null,
    })
    .where("id", "=", exportId)
    .where("status", "=", "ready")
    .returning("id")
    .executeTakeFirst();
  if (wanted) await enqueue(trx, queue, "recording.export", { exportId });
}
