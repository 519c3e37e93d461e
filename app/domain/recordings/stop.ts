import { sql } from "kysely";
import { enqueue } from "#app/jobs/queue.ts";
import {
  type Attempt,
  findOpenAttempt,
  hasEnded,
  sealAttempt,
  selectAttempts,
  takeAnnouncement,
} from "./attempts.ts";
import { finalizeRecording } from "./finalize.ts";
import type { StartServices } from "./start.ts";

/** Our client gives up a start after 10 s; until then an egress of it may still turn up. */
const startAnswerSeconds = 12;

/**
 * Tells the recorder of a stopped recording to end, and finalizes the recording where there is none to wait for. The
 * recorder's end is announced, or found by asking. Rejects with a retryable error while egress is away or has not said
 * whether a recorder was started.
 */
export async function stopRecorder(
  services: StartServices,
  { recordingId }: { recordingId: string },
): Promise<void> {
  const { db, queue, egress } = services;
  const recording = await db
    .selectFrom("streaming_recordings")
    .select("id")
    .where("id", "=", recordingId)
    .where("status", "=", "stopping")
    .executeTakeFirst();
  if (!recording) return;
  const attempt = await findOpenAttempt(db, recordingId);
  if (!attempt || hasEnded(attempt.status)) return finalizeRecording(services, { recordingId });
  const egressId = attempt.egressId ?? (await findEgress(services, attempt));
  if (!egressId) return finalizeRecording(services, { recordingId });
  await db
    .updateTable("streaming_recording_attempts")
    .set({ stop_asked_at: sql`coalesce(stop_asked_at, clock_timestamp())` })
    .where("id", "=", attempt.id)
    .execute();
  const answer = await egress.stop(egressId);
  if (answer === "stopping") return;
  const [said] = await egress.list({ egressId });
  await db.transaction().execute(async (trx) => {
    if (said && (await takeAnnouncement(trx, queue, said))) return;
    await enqueue(trx, queue, "recording.finalize", { recordingId });
  });
}

/**
 * Tells the recorder of an attempt that was given up to end, should it still listen; what it writes is not looked at any
 * more. Rejects with a retryable error when it does not answer. One that nobody knows of yet is found by `sweepStrays`.
 */
export async function stopGivenUpAttempt(
  { db, egress }: StartServices,
  { attemptId }: { attemptId: string },
): Promise<void> {
  const attempt = await selectAttempts(db).where("a.id", "=", attemptId).executeTakeFirst();
  if (attempt?.sealedAt && attempt.egressId) await egress.stop(attempt.egressId);
}

/** The egress of an attempt whose start was not answered; undefined when none was started. */
async function findEgress(
  { db, queue, egress }: StartServices,
  attempt: Attempt,
): Promise<string | undefined> {
  const found = (await egress.list({ streamId: attempt.streamId })).find(
    ({ prefix }) => prefix === attempt.prefix,
  );
  if (found) {
    await db.transaction().execute((trx) => takeAnnouncement(trx, queue, found));
    return found.egressId;
  }
  const { young } = await db
    .selectFrom("streaming_recording_attempts")
    .select(
      sql<boolean>`requested_at > clock_timestamp() - make_interval(secs => ${startAnswerSeconds})`.as(
        "young",
      ),
    )
    .where("id", "=", attempt.id)
    .executeTakeFirstOrThrow();
  if (young) throw new Error("a recorder may still be starting");
  await sealAttempt(db, attempt.id);
  return undefined;
}
