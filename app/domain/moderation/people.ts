import { sql, type Transaction } from "kysely";
import type { Services } from "#app/context.ts";
import { findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { listChatsOf, markRemoved } from "#app/domain/chat/removal.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import { insertAct } from "./acts.ts";
import { type OrderRefusal, whyNotOrder } from "./order.ts";

type Needs = Pick<Services, "db" | "queue">;
type OnPerson = { streamId: string; targetId: string; actorId: string; reason?: string };
export type PersonRefusal =
  OrderRefusal | { ok: false; reason: "no_access" | "minutes" | "days" | "not_banned"; message: string };

const noAccess: PersonRefusal = { ok: false, reason: "no_access", message: "You cannot do that here." };

export const mostTimeoutMinutes = 24 * 60;
export const mostBanDays = 3650;

/** Keeps a person from writing in a stream's chat for 1 minute to 24 hours. A new time-out takes the place of one that runs. */
export async function timeOut(
  { db, queue }: Needs,
  { streamId, targetId, actorId, minutes, reason = "" }: OnPerson & { minutes: number },
): Promise<{ ok: true; until: Date } | PersonRefusal> {
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > mostTimeoutMinutes)
    return {
      ok: false,
      reason: "minutes",
      message: "A time-out lasts from 1 minute to 24 hours (1440 minutes).",
    };
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayModerate) return noAccess;
  const { spaceId } = access;
  const refusal = await whyNotOrder(db, { spaceId, actorId, targetId });
  if (refusal) return refusal;
  return db.transaction().execute(async (trx) => {
    await liftTimeouts(trx, { streamId, targetId });
    const { rows } = await sql<{ until: Date }>`
      select clock_timestamp() + make_interval(mins => ${minutes}::integer) as until`.execute(trx);
    const { until } = rows[0]!;
    const actId = await insertAct(trx, queue, {
      ...{ spaceId, streamId, kind: "timed_out", actorId, targetUserId: targetId, reason, until },
      details: { minutes },
    });
    await trx
      .insertInto("streaming_chat_timeouts")
      .values({ stream_id: streamId, user_id: targetId, until, reason, act_id: actId })
      .execute();
    await notifyChange(trx, { kind: "silence", streamId, userId: targetId });
    return { ok: true, until };
  });
}

/** Ends a person's time-out before its time. None runs: nothing to do. */
export async function liftTimeout(
  { db, queue }: Needs,
  { streamId, targetId, actorId }: OnPerson,
): Promise<{ ok: true } | PersonRefusal> {
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayModerate) return noAccess;
  return db.transaction().execute(async (trx) => {
    if (!(await liftTimeouts(trx, { streamId, targetId }))) return { ok: true };
    const { spaceId } = access;
    await insertAct(trx, queue, {
      spaceId,
      streamId,
      kind: "timeout_lifted",
      actorId,
      targetUserId: targetId,
    });
    await notifyChange(trx, { kind: "silence", streamId, userId: targetId });
    return { ok: true };
  });
}

async function liftTimeouts(
  trx: Transaction<Database>,
  { streamId, targetId }: { streamId: string; targetId: string },
): Promise<boolean> {
  const { rows } = await sql`
    update streaming_chat_timeouts set lifted_at = clock_timestamp()
    where stream_id = ${streamId}::uuid and user_id = ${targetId}::uuid and lifted_at is null and until > clock_timestamp()
    returning id
  `.execute(trx);
  return rows.length > 0;
}

export type BanScope = "stream" | "space";

/**
 * Bans a person from a stream or its whole space, for a number of days or for good (`days` null). From that moment the
 * decision says no: picture, chat and replay end in every tab, tokens of the chat are dead, and the job takes the person
 * out of the rooms. A new ban of the same scope takes the old one's place.
 */
export async function banPerson(
  { db, queue }: Needs,
  {
    streamId,
    targetId,
    actorId,
    scope,
    days,
    reason = "",
  }: OnPerson & { scope: BanScope; days: number | null },
): Promise<{ ok: true; until: Date | null } | PersonRefusal> {
  if (days !== null && (!Number.isInteger(days) || days < 1 || days > mostBanDays))
    return { ok: false, reason: "days", message: `A ban lasts from 1 to ${mostBanDays} days, or for good.` };
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayModerate) return noAccess;
  const { spaceId } = access;
  const refusal = await whyNotOrder(db, { spaceId, actorId, targetId });
  if (refusal) return refusal;
  const bannedFrom = scope === "stream" ? streamId : null;
  return db.transaction().execute(async (trx) => {
    // Two moderators at once: the second one waits here, and then takes the first one's place.
    // (Not "for update": what they are saying at this moment would wait for us, and we for it.)
    await sql`select from users where id = ${targetId}::uuid for no key update`.execute(trx);
    await endBans(trx, { spaceId, streamId: bannedFrom, targetId, actorId });
    const { rows } = await sql<{ until: Date | null }>`
      select clock_timestamp() + make_interval(days => ${days}::integer) as until`.execute(trx);
    const until = rows[0]?.until ?? null;
    const actId = await insertAct(trx, queue, {
      ...{ spaceId, streamId, kind: "banned", actorId, targetUserId: targetId, reason, until },
      details: { scope, days },
    });
    await trx
      .insertInto("space_bans")
      .values({
        space_id: spaceId,
        stream_id: bannedFrom,
        user_id: targetId,
        banned_by: actorId,
        reason,
        ends_at: until,
        act_id: actId,
      })
      .execute();
    await sql`update users set chat_tokens_after = clock_timestamp() where id = ${targetId}::uuid`.execute(
      trx,
    );
    const streamIds = await listChatsOf(trx, { spaceId, streamId: bannedFrom, userId: targetId });
    await markRemoved(trx, { streamIds, userIds: [targetId] });
    await notifyChange(trx, { kind: "person", userId: targetId });
    return { ok: true, until };
  });
}

/** Lifts a person's ban from a stream, or from the whole space. */
export async function liftBan(
  { db, queue }: Needs,
  { streamId, targetId, actorId, scope, reason = "" }: OnPerson & { scope: BanScope },
): Promise<{ ok: true } | PersonRefusal> {
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayModerate) return noAccess;
  const bannedFrom = scope === "stream" ? streamId : null;
  return db.transaction().execute(async (trx) => {
    const { spaceId } = access;
    if (!(await liftBanIn(trx, queue, { spaceId, bannedFrom, streamId, targetId, actorId, reason })))
      return { ok: false, reason: "not_banned", message: "They are not banned any more." };
    return { ok: true };
  });
}

type Lift = {
  spaceId: string;
  /** The stream that the ban is from; null: the whole space. */
  bannedFrom: string | null;
  /** In whose log it stands, beside the space's. */
  streamId: string | null;
  targetId: string;
  actorId: string;
  reason?: string;
};

/** Ends a ban, writes that down and tells those concerned. False when none was in force: then nothing is done. */
export async function liftBanIn(
  trx: Transaction<Database>,
  queue: Queue,
  { spaceId, bannedFrom, streamId, targetId, actorId, reason }: Lift,
): Promise<boolean> {
  if (!(await endBans(trx, { spaceId, streamId: bannedFrom, targetId, actorId }))) return false;
  await insertAct(trx, queue, {
    ...{ spaceId, streamId, kind: "ban_lifted", actorId, targetUserId: targetId, reason },
    details: { scope: bannedFrom ? "stream" : "space" },
  });
  await notifyChange(trx, { kind: "person", userId: targetId });
  return true;
}

/** True when a ban was in force. One that has run out only makes room. */
async function endBans(
  trx: Transaction<Database>,
  {
    spaceId,
    streamId,
    targetId,
    actorId,
  }: { spaceId: string; streamId: string | null; targetId: string; actorId: string },
): Promise<boolean> {
  const { rows } = await sql<{ in_force: boolean }>`
    update space_bans set lifted_at = clock_timestamp(), lifted_by = ${actorId}::uuid
    where space_id = ${spaceId}::uuid and user_id = ${targetId}::uuid and lifted_at is null
      and stream_id is not distinct from ${streamId}::uuid
    returning ends_at is null or ends_at > clock_timestamp() as in_force
  `.execute(trx);
  return rows.some(({ in_force }) => in_force);
}
