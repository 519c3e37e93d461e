import { sql, type Transaction } from "kysely";
import type { Services } from "#app/context.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { waits } from "./stores.ts";

/** A worker that was killed while copying is missed after this long. */
const claimSeconds = 15;
export const holdEveryMs = (claimSeconds / 3) * 1000;
/** Longest pause between two tries, in seconds. */
const longestPause = 60;

const isDue = sql<boolean>`(coalesce(a.copy_until < clock_timestamp(), true)
  and coalesce(a.copy_after <= clock_timestamp(), true))`;

/** A job that nobody has begun after this long may be lost. */
const isNotAsked = sql<boolean>`coalesce(a.copy_asked_at < clock_timestamp() - interval '1 minute', true)`;

/** One copying of what waits of an attempt by one worker. When nothing was heard of this one, there may be another by now. */
export type Copying = { attemptId: string; claims: number };

/** Takes the copying of an attempt's segments, unless somebody else has it, or it is not to be tried again yet. */
export async function claimCopying(db: Db, attemptId: string): Promise<Copying | undefined> {
  return db
    .updateTable("streaming_recording_attempts as a")
    .set({ copy_until: untilMissed, copy_asked_at: null, copy_claims: sql`a.copy_claims + 1` })
    .where("a.id", "=", attemptId)
    .where(isDue)
    .returning(["a.id as attemptId", "a.copy_claims as claims"])
    .executeTakeFirst();
}

/** Keeps it for a while; false when it is somebody else's by now, or was let go. */
export async function holdCopying(db: Db, { attemptId, claims }: Copying): Promise<boolean> {
  const held = await db
    .updateTable("streaming_recording_attempts")
    .set({ copy_until: untilMissed })
    .where("id", "=", attemptId)
    .where("copy_claims", "=", claims)
    .where("copy_until", "is not", null)
    .returning("id")
    .executeTakeFirst();
  return held !== undefined;
}

/**
 * Lets it go, unless it is somebody else's by now. Gives how often it has failed in a row: each time the pause before the next
 * try is longer.
 */
export async function giveBackCopying(
  db: Db,
  { attemptId, claims }: Copying,
  { failed }: { failed: boolean },
): Promise<number> {
  const row = await db
    .updateTable("streaming_recording_attempts")
    .set({
      copy_until: null,
      copy_failures: failed ? sql<number>`copy_failures + 1` : 0,
      copy_after: failed
        ? sql<Date>`clock_timestamp() + make_interval(secs => least(${longestPause}, power(2, least(copy_failures, 10))))`
        : null,
    })
    .where("id", "=", attemptId)
    .where("copy_claims", "=", claims)
    .returning("copy_failures")
    .executeTakeFirst();
  return row?.copy_failures ?? 0;
}

const untilMissed = sql<Date>`clock_timestamp() + make_interval(secs => ${claimSeconds})`;

/**
 * Has copied what waits of an attempt, or of any, unless somebody copies it, the next try is not due, or a job for it waits
 * already: storage that is silent keeps jobs for long.
 */
export async function askForCopies(
  trx: Transaction<Database>,
  queue: Queue,
  { attemptId }: { attemptId?: string } = {},
): Promise<void> {
  const asked = await trx
    .updateTable("streaming_recording_attempts as a")
    .set({ copy_asked_at: sql`clock_timestamp()` })
    .where(isDue)
    .where(isNotAsked)
    .where("a.id", "in", (of) =>
      of
        .selectFrom("streaming_recording_segments as g")
        .select("g.attempt_id")
        .where(waits)
        .$if(attemptId !== undefined, (rows) => rows.where("g.attempt_id", "=", attemptId!)),
    )
    .returning("a.id")
    .execute();
  for (const { id } of asked) await enqueue(trx, queue, "recording.copy", { attemptId: id });
}

/** Has copied what waits and nobody copies: its job was lost, it failed, or a worker was killed. */
export const sweepCopies = ({ db, queue }: Pick<Services, "db" | "queue">): Promise<void> =>
  db.transaction().execute((trx) => askForCopies(trx, queue));

/**
 * Whether anything of it is not yet where viewers read: the replay is all of it, or none of it. The sweep comes back a little
 * later.
 */
export async function waitsForCopies(trx: Transaction<Database>, recordingId: string): Promise<boolean> {
  const { rows } = await sql`
    update streaming_recordings r set work_until = clock_timestamp() + interval '2 seconds'
    where r.id = ${recordingId}::uuid and exists (
      select from streaming_recording_attempts a join streaming_recording_segments g on g.attempt_id = a.id
      where a.recording_id = r.id and ${waits}
    )
    returning r.id
  `.execute(trx);
  return rows.length > 0;
}
