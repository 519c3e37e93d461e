import { type Kysely, sql, type Transaction } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { planReplayMailAgain } from "../mail/planning.ts";
import { resumeExports } from "./remake.ts";

/** So long what was deleted can be restored. */
export const graceDays = 14;

type By = { recordingId: string; userId: string };

/**
 * Hides a finished recording from viewers, or shows it again, from this moment on. False when it is as wanted, or there is
 * none.
 */
export async function setHidden(db: Db, { recordingId, userId, hidden }: By & { hidden: boolean }) {
  return change(db, async (trx) => {
    const changed = await trx
      .updateTable("streaming_recordings")
      .set(
        hidden
          ? { hidden_at: sql`clock_timestamp()`, hidden_by: userId }
          : { hidden_at: null, hidden_by: null },
      )
      .where("id", "=", recordingId)
      .where("status", "=", "ready")
      .where("deleted_at", "is", null)
      .where("hidden_at", hidden ? "is" : "is not", null)
      .returning("stream_id as streamId")
      .executeTakeFirst();
    if (changed && !hidden) await planReplayMailAgain(trx, changed.streamId);
    return changed;
  });
}

/**
 * Deletes a finished recording: viewers and team have it no more from this moment on, and what it has in storage goes when
 * the days in which it can be restored are over. False when it was deleted already.
 */
export async function deleteRecording(db: Db, { recordingId, userId }: By) {
  return change(db, (trx) =>
    trx
      .updateTable("streaming_recordings")
      .set({ deleted_at: sql`clock_timestamp()`, deleted_by: userId })
      .where("id", "=", recordingId)
      .where("status", "in", ["ready", "failed"])
      .where("deleted_at", "is", null)
      .returning("stream_id as streamId")
      .executeTakeFirst(),
  );
}

/**
 * Takes a deletion back, as if it had not been. What the rule of its space had deleted it does not delete again; of another
 * one its owners are told anew before. False when it was not deleted, or is being removed already.
 */
export async function restoreRecording(db: Db, queue: Queue, { recordingId }: Pick<By, "recordingId">) {
  return change(db, async (trx) => {
    const restored = await trx
      .updateTable("streaming_recordings")
      .set({
        deleted_at: null,
        deleted_by: null,
        kept: sql<boolean>`kept or deleted_by is null`,
        warned_at: null,
      })
      .where("id", "=", recordingId)
      .where("deleted_at", "is not", null)
      .where("removed_at", "is", null)
      .returning("stream_id as streamId")
      .executeTakeFirst();
    if (restored) {
      await resumeExports(trx, queue, { recordingId });
      await planReplayMailAgain(trx, restored.streamId);
    }
    return restored;
  });
}

/**
 * Keeps a finished recording whatever the rule of its space says, or has the rule be for it again: its owners are told anew
 * before it goes. False when that is so already, or it is deleted.
 */
export async function setKept(db: Db, { recordingId, kept }: { recordingId: string; kept: boolean }) {
  return change(db, (trx) =>
    trx
      .updateTable("streaming_recordings")
      .set({ kept, ...(!kept && { warned_at: null }) })
      .where("id", "=", recordingId)
      .where("status", "in", ["ready", "failed"])
      .where("deleted_at", "is", null)
      .where("kept", "=", !kept)
      .returning("stream_id as streamId")
      .executeTakeFirst(),
  );
}

type Changed = (trx: Transaction<Database>) => Promise<{ streamId: string } | undefined>;

async function change(db: Kysely<Database>, by: Changed): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const changed = await by(trx);
    if (changed) await notifyChange(trx, { kind: "stream", streamId: changed.streamId });
    return changed !== undefined;
  });
}
