import { sql, type Transaction } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { enqueue } from "#app/jobs/queue.ts";
import type { EgressAnnouncement } from "#app/services/egress.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Database } from "#db/client.ts";
import { type Attempt, failAttempt, takeAnnouncement } from "./attempts.ts";
import type { StartServices } from "./start.ts";

/** Our client gives up a start after 10 s; until then it may still be answered. */
const startAnswerSeconds = 12;
/**
 * From the call to ACTIVE a real egress takes 3 s. With up to 1 s from the track to the call, and 2 s until it is asked
 * about again, the host hears of one that does not begin within 20 s.
 */
const activeSeconds = 16;
/** Each one right after it is given as long again, up to so often: where all are slow, none would ever begin. */
const mostFollowed = 3;
/** A recorder's service that does not answer either is told to the host after this long. */
const answerSeconds = 10;

/**
 * Asks egress about an attempt under way, since webhooks can be lost: what it says is taken like an announcement. A
 * start that nobody answered is looked for by its room; an attempt that egress does not know, or that does not become
 * active in time, is given up.
 */
export async function askAboutAttempt(services: StartServices, attempt: Attempt): Promise<void> {
  const { db, queue } = services;
  const known = await listEgresses(services, attempt);
  const said = known.find(({ egressId, prefix }) =>
    attempt.egressId ? egressId === attempt.egressId : prefix === attempt.prefix,
  );
  if (said) await db.transaction().execute((trx) => takeAnnouncement(trx, queue, said));
  const isActive = said !== undefined && said.status !== "starting";
  if (isActive) return;
  const patience = said
    ? sql<number>`${activeSeconds} * (1 + least(${mostFollowed}, (
        select count(*) from streaming_recording_attempts before
        where before.recording_id = a.recording_id and before.number < a.number and before.number > (
          select coalesce(max(began.number), 0) from streaming_recording_attempts began
          where began.recording_id = a.recording_id and began.number < a.number and began.active_at is not null
        )
      )))`
    : sql<number>`${startAnswerSeconds}`;
  const late = await db
    .selectFrom("streaming_recording_attempts as a")
    .select("a.id")
    .where("a.id", "=", attempt.id)
    .where("a.sealed_at", "is", null)
    .where("a.status", "in", said ? ["requested", "starting"] : ["requested", "starting", "active", "ending"])
    .where("a.requested_at", "<", sql<Date>`clock_timestamp() - make_interval(secs => ${patience})`)
    .executeTakeFirst();
  if (!late) return;
  const reason = said ? "it did not begin in time" : "nobody knows of it any more";
  await giveUp(services, attempt, reason);
}

async function listEgresses(
  { db, egress }: StartServices,
  { id: attemptId, recordingId, egressId, streamId }: Attempt,
): Promise<EgressAnnouncement[]> {
  try {
    return await egress.list(egressId ? { egressId } : { streamId });
  } catch (error) {
    // Nobody can tell whether it records, so it is not given up: there could be two. But the host has to know.
    if (isServiceError(error))
      await db.transaction().execute((trx) => warnHost(trx, { attemptId, recordingId }));
    throw error;
  }
}

async function warnHost(
  trx: Transaction<Database>,
  { attemptId, recordingId }: { attemptId: string; recordingId: string },
): Promise<void> {
  const reason = "The recorder does not answer.";
  const warned = await trx
    .updateTable("streaming_recordings as r")
    .set({ reason })
    .where("r.id", "=", recordingId)
    .where("r.status", "in", ["starting", "recording"])
    .where("r.reason", "!=", reason)
    .where((is) =>
      is.exists(
        is
          .selectFrom("streaming_recording_attempts as a")
          .select("a.id")
          .where("a.id", "=", attemptId)
          .where("a.sealed_at", "is", null)
          .where("a.status", "in", ["requested", "starting"])
          .where(
            "a.requested_at",
            "<",
            sql<Date>`clock_timestamp() - make_interval(secs => ${answerSeconds})`,
          ),
      ),
    )
    .returning("r.stream_id as streamId")
    .executeTakeFirst();
  if (warned) await notifyChange(trx, { kind: "stream", streamId: warned.streamId });
}

/**
 * Fails an attempt and seals it. Its recorder is told to end in a job of its own: one that hangs answers after seconds, or
 * never, and nothing waits for it.
 */
export async function giveUp(
  { db, queue, log }: StartServices,
  { id: attemptId, streamId }: Attempt,
  reason: string,
): Promise<void> {
  const failed = await db.transaction().execute(async (trx) => {
    if (!(await failAttempt(trx, queue, { attemptId, reason, seal: true }))) return false;
    await enqueue(trx, queue, "recording.stop-attempt", { attemptId });
    return true;
  });
  if (failed) log.warn({ attemptId, streamId, reason }, "a recording attempt was given up");
}
