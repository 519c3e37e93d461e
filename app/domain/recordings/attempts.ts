import { type Kysely, type Transaction, sql } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { EgressAnnouncement } from "#app/services/egress.ts";
import type { Database } from "#db/client.ts";
import type { RecordingAttemptStatus } from "#db/types.ts";
import { attemptRank, recordingMoves } from "./moves.ts";
import type { Store } from "./stores.ts";

type Trx = Transaction<Database>;

export type Attempt = {
  id: string;
  recordingId: string;
  streamId: string;
  number: number;
  prefix: string;
  store: Store;
  /** Which one, where that is one beside the storage that viewers read. */
  storeAt: string | null;
  egressId: string | null;
  status: RecordingAttemptStatus;
  sealedAt: Date | null;
};

export const hasEnded = (status: RecordingAttemptStatus) => attemptRank[status] >= attemptRank.complete;

/** Where an attempt writes. Never shared: what a recorder that was given up still writes lies beside the recording. */
export const attemptPrefix = (streamId: string, number: number) => `recordings/${streamId}/${number}/`;

export const selectAttempts = (db: Kysely<Database>) =>
  db
    .selectFrom("streaming_recording_attempts as a")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .select([
      "a.id",
      "a.recording_id as recordingId",
      "r.stream_id as streamId",
      "a.number",
      "a.prefix",
      sql<Store>`a.store`.as("store"),
      "a.store_at as storeAt",
      "a.egress_id as egressId",
      "a.status",
      "a.sealed_at as sealedAt",
    ]);

export function findOpenAttempt(db: Kysely<Database>, recordingId: string): Promise<Attempt | undefined> {
  return selectAttempts(db)
    .where("a.recording_id", "=", recordingId)
    .where("a.sealed_at", "is", null)
    .executeTakeFirst();
}

/** The rank of a status as SQL, so that the comparison and the change are one statement. */
const rankOf = (column: ReturnType<typeof sql.ref>) =>
  sql<number>`case ${column} ${sql.join(
    Object.entries(attemptRank).map(([status, rank]) => sql`when ${sql.lit(status)} then ${sql.lit(rank)}`),
    sql` `,
  )} end`;

/**
 * Takes what an egress says about itself, from a webhook or because we asked. An attempt only ever moves to a higher
 * rank, so what comes twice, late or in another order changes nothing. An egress that we do not know yet is recognized
 * by the prefix it writes to: its start may have been answered to nobody. Gives whether anything changed.
 */
export async function takeAnnouncement(
  trx: Trx,
  queue: Queue,
  { egressId, status, prefix, reason }: EgressAnnouncement,
): Promise<boolean> {
  const rank = attemptRank[status];
  const moved = await trx
    .updateTable("streaming_recording_attempts")
    .set({
      egress_id: egressId,
      status,
      ...(status === "active" && { active_at: sql`coalesce(active_at, clock_timestamp())` }),
      ...(rank === attemptRank.complete && { ended_at: sql`clock_timestamp()`, reason }),
    })
    .where((is) =>
      is.or([
        is("egress_id", "=", egressId),
        is.and([is("egress_id", "is", null), is("prefix", "=", prefix ?? "")]),
      ]),
    )
    .where(rankOf(sql.ref("status")), "<", rank)
    .returning(["id", "recording_id", "sealed_at"])
    .executeTakeFirst();
  if (!moved) return false;
  if (moved.sealed_at) return true;
  if (status === "active") await beginRecording(trx, moved.recording_id);
  if (rank === attemptRank.complete) await followEnd(trx, queue, { recordingId: moved.recording_id, reason });
  return true;
}

/** An attempt records: so does its recording, and what went wrong before is over. */
export async function beginRecording(trx: Trx, recordingId: string): Promise<void> {
  const { from, to } = recordingMoves.record;
  const begun = await trx
    .updateTable("streaming_recordings")
    .set({ status: to, reason: "", started_at: sql`coalesce(started_at, clock_timestamp())` })
    .where("id", "=", recordingId)
    .where((is) => is.or([is("status", "in", from), is.and([is("status", "=", to), is("reason", "!=", "")])]))
    .returning("stream_id")
    .executeTakeFirst();
  if (begun) await notifyChange(trx, { kind: "stream", streamId: begun.stream_id });
}

/**
 * Gives an attempt up: nothing more is expected from it. Its recording goes on with another one while the stream is
 * live. `seal`: nothing that turns up in storage from now on counts. False when somebody else did, or it had ended.
 */
export async function failAttempt(
  trx: Trx,
  queue: Queue,
  { attemptId, reason, seal = false }: { attemptId: string; reason: string; seal?: boolean },
): Promise<boolean> {
  const failed = await trx
    .updateTable("streaming_recording_attempts")
    .set({
      status: "failed",
      reason,
      ended_at: sql`clock_timestamp()`,
      ...(seal && { sealed_at: sql`clock_timestamp()` }),
    })
    .where("id", "=", attemptId)
    .where("sealed_at", "is", null)
    .where(rankOf(sql.ref("status")), "<", attemptRank.failed)
    .returning("recording_id")
    .executeTakeFirst();
  if (!failed) return false;
  await followEnd(trx, queue, { recordingId: failed.recording_id, reason });
  return true;
}

/** Seals an attempt: what appears in its storage later is not part of the recording. */
export async function sealAttempt(trx: Kysely<Database>, attemptId: string): Promise<void> {
  await trx
    .updateTable("streaming_recording_attempts")
    .set({
      sealed_at: sql`clock_timestamp()`,
      status: sql<RecordingAttemptStatus>`case when ${rankOf(sql.ref("status"))} < ${attemptRank.failed}
        then 'failed' else status end`,
      ended_at: sql`coalesce(ended_at, clock_timestamp())`,
    })
    .where("id", "=", attemptId)
    .where("sealed_at", "is", null)
    .execute();
}

/** Most seconds between two attempts that fail one after the other. */
const longestPause = 30;

async function followEnd(
  trx: Trx,
  queue: Queue,
  { recordingId, reason }: { recordingId: string; reason: string },
): Promise<void> {
  // The first new attempt comes at once. One that recorded something had nothing wrong with its start, so only those
  // without a segment that came after it count towards a pause.
  const pause = sql<number>`(
    select least(${longestPause}, case when count(*) <= 1 then 0 else power(2, least(count(*) - 1, 10)) end)
    from streaming_recording_attempts a
    where a.recording_id = ${recordingId} and a.number > (
      select coalesce(max(b.number), 0) from streaming_recording_attempts b
      where b.recording_id = ${recordingId}
        and exists (select from streaming_recording_segments s where s.attempt_id = b.id)
    )
  )`;
  const live = await trx
    .updateTable("streaming_recordings")
    .set({
      reason: reason ? `The recorder stopped: ${reason}` : "The recorder stopped.",
      retry_at: sql`clock_timestamp() + make_interval(secs => ${pause})`,
    })
    .where("id", "=", recordingId)
    .where("status", "in", ["starting", "recording"])
    .returning([
      "stream_id",
      sql<number>`extract(epoch from retry_at - clock_timestamp())::float8`.as("seconds"),
    ])
    .executeTakeFirst();
  if (live) {
    await notifyChange(trx, { kind: "stream", streamId: live.stream_id });
    const delaySeconds = Math.max(0, Math.ceil(live.seconds));
    await enqueue(trx, queue, "recording.start", { recordingId }, { delaySeconds });
    return;
  }
  const over = await trx
    .selectFrom("streaming_recordings")
    .select("id")
    .where("id", "=", recordingId)
    .where("status", "=", "stopping")
    .executeTakeFirst();
  if (over) await enqueue(trx, queue, "recording.finalize", { recordingId });
}
