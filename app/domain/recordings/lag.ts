import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Attempt } from "./attempts.ts";

/** Why what a recorder writes is not verified up to now. */
export type Lag =
  /** Storage does not answer, or with an error. */
  | "storage_away"
  /** It answers, late. */
  | "storage_slow"
  /** The newest segment is none that plays. */
  | "refused"
  /** Nothing new has come from the recorder. */
  | "silent";

/** Longer than this a look at storage should not take. */
const slowMs = 5_000;
/** Segments come every two seconds. */
const quietSeconds = 6;

/** Why it lags after a turn that took `ms` and found `good` new segments; null: it does not. */
export async function findLag(
  { db }: Pick<Services, "db">,
  { id: attemptId }: Attempt,
  { ms, good }: { ms: number; good: number },
): Promise<Lag | null> {
  if (ms > slowMs) return "storage_slow";
  if (good > 0) return null;
  const newest = await db
    .selectFrom("streaming_recording_segments")
    .select("problem")
    .select(
      sql<boolean>`verified_at < clock_timestamp() - make_interval(secs => ${quietSeconds})`.as("isQuiet"),
    )
    .where("attempt_id", "=", attemptId)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!newest) return null;
  if (newest.isQuiet) return "silent";
  return newest.problem === null ? null : "refused";
}

/** Writes it down, and tells open studios when it is another one than before. */
export async function noteLag(
  { db }: Pick<Services, "db">,
  { id: attemptId, streamId }: Attempt,
  lag: Lag | null,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable("streaming_recording_attempts")
      .set({ lag })
      .where("id", "=", attemptId)
      .where("lag", "is distinct from", lag)
      .returning("id")
      .executeTakeFirst();
    if (changed) await notifyChange(trx, { kind: "stream", streamId });
  });
}
