import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { toRecorded } from "./edited-time.ts";
import { findEdit } from "./edits.ts";
import { remakeExports } from "./remake.ts";

/**
 * Chooses the picture that stands for a recording: the one at `atMs` of what plays, or (null) one that we find. It is made
 * anew by a job. False when the recording was deleted.
 */
export async function choosePoster(
  db: Db,
  queue: Queue,
  { recordingId, atMs }: { recordingId: string; atMs: number | null },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const kept = (await findEdit(trx, recordingId))?.kept ?? null;
    const chosen = await trx
      .updateTable("streaming_recordings")
      .set({ poster_ms: atMs === null ? null : Math.round(toRecorded(kept, atMs)) })
      .where("id", "=", recordingId)
      .where("status", "=", "ready")
      .where("deleted_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (chosen) await remakeExports(trx, queue, { recordingId, kind: "poster" });
    return chosen !== undefined;
  });
}
