import { sql, type Transaction } from "kysely";
import { findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { announceStream } from "#app/domain/outgoing-webhooks/announce.ts";
import { createRecording, stopRecording } from "#app/domain/recordings/recordings.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { LiveKit } from "#app/services/livekit.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Database, Db } from "#db/client.ts";
import type { StreamEndedReason } from "#db/types.ts";
import { removeOtherHosts } from "./host-participants.ts";
import {
  clearAbsence,
  findHolder,
  type Holder,
  type HostClaim,
  lockLease,
  releaseLease,
  takeLease,
} from "./lease.ts";
import { streamMoves } from "./moves.ts";

export type Outside = { queue: Queue; livekit: LiveKit };

/**
 * Why somebody may not broadcast now. `not_found`: no such stream for this person; `not_host`: of the team, but not a
 * host; `elsewhere`: another tab broadcasts, `holder`'s; `over`: ended or cancelled; `unreachable`: LiveKit did not
 * answer, and nothing was changed.
 */
export type HostRefusal =
  | { ok: false; reason: "not_found" | "not_host" | "over" | "unreachable" }
  | { ok: false; reason: "elsewhere"; holder: Holder | null };
export type Hosting = { ok: true; already: boolean } | HostRefusal;

type GoLive = HostClaim & {
  /** The form's own key (uuid): the same press, sent twice, finds its stream live. */
  liveKey: string;
  /** false: the host chose to go live without a recording. */
  record: boolean;
  /** How long the room outlives its host. */
  graceSeconds: number;
};

/**
 * Goes live: takes the lease, opens the room, then moves the stream once and creates its recording in the same
 * transaction. A second press, another host at the same moment or a stream that is live already (`already`) change
 * nothing. The room is there before anybody is told that the stream is live.
 */
export async function goLive(db: Db, outside: Outside, press: GoLive): Promise<Hosting> {
  return enterStage(db, outside, press, async (trx) => {
    const moved = await trx
      .updateTable("streams")
      .set({
        status: streamMoves.goLive.to,
        live_at: sql`clock_timestamp()`,
        live_key: press.liveKey,
        updated_at: sql`now()`,
      })
      .where("id", "=", press.streamId)
      .where("status", "in", streamMoves.goLive.from)
      .returning("id")
      .executeTakeFirst();
    if (!moved) return false;
    if (press.record) await createRecording(trx, outside.queue, { streamId: press.streamId });
    await announceStream(trx, outside.queue, { type: "stream.live", streamId: press.streamId });
    await enqueue(trx, outside.queue, "mail.wake", {});
    return true;
  });
}

/** Opens the room for the team alone; nothing is recorded. Repeated or at once, as `goLive`. */
export async function startRehearsal(
  db: Db,
  outside: Outside,
  press: HostClaim & { graceSeconds: number },
): Promise<Hosting> {
  return enterStage(db, outside, press, async (trx) => {
    const moved = await trx
      .updateTable("streams")
      .set({ status: streamMoves.rehearse.to, rehearsal_at: sql`clock_timestamp()`, updated_at: sql`now()` })
      .where("id", "=", press.streamId)
      .where("status", "in", streamMoves.rehearse.from)
      .returning("id")
      .executeTakeFirst();
    return moved !== undefined;
  });
}

async function enterStage(
  db: Db,
  { livekit }: Outside,
  press: HostClaim & { graceSeconds: number },
  move: (trx: Transaction<Database>) => Promise<boolean>,
): Promise<Hosting> {
  const { streamId, graceSeconds } = press;
  const claimed = await claim(db, press);
  if (!claimed.ok) return claimed;
  try {
    await livekit.openRoom(streamId, { graceSeconds });
  } catch (error) {
    if (!isServiceError(error)) throw error;
    if (claimed.fresh) await releaseLease(db, press);
    return { ok: false, reason: "unreachable" };
  }
  return db.transaction().execute(async (trx): Promise<Hosting> => {
    // Somebody may have taken over while LiveKit was asked.
    if (!(await lockLease(trx, press))) return refuse(trx, streamId);
    if (await move(trx)) {
      await notifyChange(trx, { kind: "stream", streamId });
      return { ok: true, already: false };
    }
    const now = await trx
      .selectFrom("streams")
      .select("status")
      .where("id", "=", streamId)
      .executeTakeFirst();
    const on = now?.status === "live" || now?.status === "rehearsal";
    return on ? { ok: true, already: true } : { ok: false, reason: "over" };
  });
}

async function refuse(trx: Transaction<Database>, streamId: string): Promise<HostRefusal> {
  // What was ended or cancelled meanwhile took its lease along.
  const { status } = await trx
    .selectFrom("streams")
    .select("status")
    .where("id", "=", streamId)
    .executeTakeFirstOrThrow();
  if (status === "ended" || status === "cancelled") return { ok: false, reason: "over" };
  return { ok: false, reason: "elsewhere", holder: (await findHolder(trx, { streamId })) ?? null };
}

type Claimed = { ok: true; fresh: boolean } | HostRefusal;

async function claim(db: Db, press: HostClaim, { takeOver = false } = {}): Promise<Claimed> {
  return db.transaction().execute(async (trx): Promise<Claimed> => {
    const access = await findAccess(trx, press);
    if (!access?.mayModerate) return { ok: false, reason: "not_found" };
    if (!access.mayHost) return { ok: false, reason: "not_host" };
    const lease = await takeLease(trx, press, { takeOver });
    if (!lease.ok) {
      const over = access.status === "ended" || access.status === "cancelled";
      return over ? { ok: false, reason: "over" } : { ok: false, reason: "elsewhere", holder: lease.holder };
    }
    await clearAbsence(trx, [press.streamId]);
    if (lease.fresh) await notifyChange(trx, { kind: "stream", streamId: press.streamId });
    return lease;
  });
}

/**
 * Broadcasts a running stream from this tab: resumes it (nobody else broadcasts, or has been silent), or with `takeOver`
 * in another's place, who is removed from the room.
 */
export async function resumeHosting(
  db: Db,
  { livekit }: Pick<Outside, "livekit">,
  press: HostClaim,
  { takeOver }: { takeOver: boolean },
): Promise<Hosting> {
  const claimed = await claim(db, press, { takeOver });
  if (!claimed.ok) return claimed;
  try {
    await removeOtherHosts(db, livekit, press);
  } catch (error) {
    // The former tab hears of it from us and leaves by itself, and the token that comes next asks again.
    if (!isServiceError(error)) throw error;
  }
  return { ok: true, already: !claimed.fresh };
}

export type Ending = { ok: true; already: boolean } | { ok: false; reason: "not_found" | "not_live" };

/**
 * Ends a live stream, by a host or a moderator of its team: one guarded move, with the stop of its recording and of its
 * room as jobs of the same transaction. Ended already, by whomever: nothing more happens, and that is fine.
 */
export async function endStream(
  db: Db,
  queue: Queue,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<Ending> {
  return db.transaction().execute(async (trx): Promise<Ending> => {
    const access = await findAccess(trx, { streamId, userId });
    if (!access?.mayModerate) return { ok: false, reason: "not_found" };
    await lockLease(trx, { streamId });
    if (await moveToEnded(trx, queue, { streamId, reason: access.mayHost ? "host" : "moderator", userId })) {
      return { ok: true, already: false };
    }
    const now = await trx
      .selectFrom("streams")
      .select("status")
      .where("id", "=", streamId)
      .executeTakeFirst();
    return now?.status === "ended" ? { ok: true, already: true } : { ok: false, reason: "not_live" };
  });
}

/** The one move to `ended`; false when another was first. The caller holds the lease's lock. */
export async function moveToEnded(
  trx: Transaction<Database>,
  queue: Queue,
  {
    streamId,
    reason,
    userId = null,
    absentForSeconds,
  }: {
    streamId: string;
    reason: StreamEndedReason;
    userId?: string | null;
    /** Only when the host has been away for so long. */
    absentForSeconds?: number;
  },
): Promise<boolean> {
  let update = trx
    .updateTable("streams")
    .set({
      status: streamMoves.end.to,
      ended_at: sql`clock_timestamp()`,
      ended_reason: reason,
      ended_by: userId,
      host_absent_since: null,
      updated_at: sql`now()`,
    })
    .where("id", "=", streamId)
    .where("status", "in", streamMoves.end.from);
  if (absentForSeconds !== undefined) {
    update = update.where(
      "host_absent_since",
      "<",
      sql<Date>`clock_timestamp() - make_interval(secs => ${absentForSeconds})`,
    );
  }
  const moved = await update.returning("id").executeTakeFirst();
  if (!moved) return false;
  await trx.deleteFrom("stream_host_leases").where("stream_id", "=", streamId).execute();
  await stopRecording(trx, queue, { streamId });
  await enqueue(trx, queue, "stream.close-room", { streamId });
  await announceStream(trx, queue, { type: "stream.ended", streamId });
  await notifyChange(trx, { kind: "stream", streamId });
  return true;
}
