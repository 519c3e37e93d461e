import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { toRecorded } from "./edited-time.ts";
import { findEdit, lockEditable } from "./edits.ts";
import { remakeExports } from "./remake.ts";

export type ChosenPoster = { ok: true } | { ok: false; reason: "changed_before" | "gone" };

/**
 * Chooses the picture that stands for a recording: the one at `atMs` of what plays, or (null) one that we find. It is made
 * anew by a job. Refuses when it was cut since its editor saw it (`seen`: the edit), and when it was deleted.
 */
export async function choosePoster(
  db: Db,
  queue: Queue,
  { recordingId, seen, atMs }: { recordingId: string; seen: number; atMs: number | null },
): Promise<ChosenPoster> {
  return db.transaction().execute(async (trx) => {
    const recording = await lockEditable(trx, recordingId);
    if (!recording) return { ok: false, reason: "gone" };
    if (recording.edit !== seen) return { ok: false, reason: "changed_before" };
    const kept = (await findEdit(trx, recordingId))?.kept ?? null;
    await trx
      .updateTable("streaming_recordings")
      .set({ poster_ms: atMs === null ? null : Math.round(toRecorded(kept, atMs)) })
      .where("id", "=", recordingId)
      .execute();
    await remakeExports(trx, queue, { recordingId, kind: "poster" });
    return { ok: true };
  });
}
