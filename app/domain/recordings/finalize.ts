import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { selectAttempts } from "./attempts.ts";
import { copySegments } from "./copies.ts";
import { noteDelay } from "./finishing-delay.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { recordingMoves } from "./moves.ts";
import { publish } from "./publish.ts";
import { unreadableMinutes } from "./unreadable.ts";

export type FinalizeServices = Pick<Services, "db" | "queue" | "storage" | "recordingStorage" | "log">;

/** A worker that was killed while finalizing is missed after this long. */
const claimSeconds = 15;

/**
 * Finishes a recording whose recorder has ended or was given up: reads back what is not verified yet, seals its
 * attempts, has copied what lies in the store beside, and makes it `ready` with all their parts in order, or `failed` with the reason when nothing of it plays.
 * Its exports are requested in the same transaction.
 *
 * While anything is still to be copied it stays `finalizing`, and the sweep comes back; also when `signal` ends the copying.
 *
 * May run twice, late and at once: one worker holds the claim, each step is written down when it is done, and the last
 * move is guarded. Whoever finds it claimed or finished does nothing. Rejects while storage is away, and for some minutes
 * also where it does not give a single segment, which is left out then; or where the store beside is away, without which it is
 * finished then.
 */
export async function finalizeRecording(
  services: FinalizeServices,
  { recordingId }: { recordingId: string },
  signal?: AbortSignal,
): Promise<void> {
  const { db } = services;
  const claimed = await claim(services, recordingId);
  if (!claimed) return;
  const hold = () => void holdOn(services, recordingId).catch(() => {});
  const holding = setInterval(hold, (claimSeconds / 3) * 1000);
  try {
    const attempts = await selectAttempts(db)
      .where("a.recording_id", "=", recordingId)
      .orderBy("a.number")
      .execute();
    for (const attempt of attempts) await finishAttempt(services, attempt, claimed);
    for (const { id: attemptId } of attempts) await copySegments(services, { attemptId }, signal);
    await db.transaction().execute((trx) => publish(trx, services, recordingId));
  } catch (error) {
    await noteDelay(services, recordingId, error);
    throw error;
  } finally {
    clearInterval(holding);
  }
}

async function claim(
  { db }: FinalizeServices,
  recordingId: string,
): Promise<{ leaveOut: boolean } | undefined> {
  const { from, to } = recordingMoves.finalize;
  return db
    .updateTable("streaming_recordings")
    .set({
      status: to,
      work_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})`,
      // That its recorder stopped is no news any more.
      reason: sql`case when status = ${to} then reason else '' end`,
    })
    .where("id", "=", recordingId)
    .where((is) =>
      is.or([
        is("status", "in", from),
        is.and([
          is("status", "=", to),
          is.or([is("work_until", "is", null), is("work_until", "<", sql<Date>`clock_timestamp()`)]),
        ]),
      ]),
    )
    .returning(
      sql<boolean>`coalesce(stopped_at < clock_timestamp() - make_interval(mins => ${unreadableMinutes}), false)`.as(
        "leaveOut",
      ),
    )
    .executeTakeFirst();
}

async function holdOn({ db }: FinalizeServices, recordingId: string): Promise<void> {
  await db
    .updateTable("streaming_recordings")
    .set({ work_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})` })
    .where("id", "=", recordingId)
    .where("status", "=", "finalizing")
    .execute();
}
