import { sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import type { AccessGrantStatus } from "#db/types.ts";
import { findSeat, lockSeats } from "../passes/seats.ts";
import { grantChanged } from "./changed.ts";
import { expireOwn, findHeld, settle } from "./insert.ts";
import { grantMoves } from "./moves.ts";

type Trx = Transaction<Database>;

/** A grant of a pass of this space, and what who changes it says about it. */
export type GrantAct = { spaceId: string; passId: string; grantId: string; actorId: string; reason?: string };

/**
 * Takes a grant back, at once: open pages of its holder are told in the same transaction. False when it is not this
 * pass's, or was taken back or refunded before.
 */
export function cancelGrant(db: Db, queue: Queue, act: GrantAct): Promise<boolean> {
  return takeGrant(db, queue, "cancel", act);
}

/** Marks that a grant was paid back, which also ends it at once. False when it is not this pass's, or already is. */
export function refundGrant(db: Db, queue: Queue, act: GrantAct): Promise<boolean> {
  return takeGrant(db, queue, "refund", act);
}

async function takeGrant(
  db: Db,
  queue: Queue,
  move: "cancel" | "refund",
  { spaceId, passId, grantId, actorId, reason }: GrantAct,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const moved = await trx
      .updateTable("access_grants as g")
      .from("access_passes as p")
      .set({ status: grantMoves[move].to, status_changed_at: sql`now()` })
      .whereRef("p.id", "=", "g.access_pass_id")
      .where("g.id", "=", grantId)
      .where("p.id", "=", passId)
      .where("p.space_id", "=", spaceId)
      .where("g.status", "in", grantMoves[move].from)
      .returning("g.id")
      .executeTakeFirst();
    if (moved) await grantChanged(trx, queue, { grantId, kind: grantMoves[move].to, actorId, reason });
    return moved !== undefined;
  });
}

export type EndRefusal = {
  ok: false;
  reason: "gone" | "status" | "past" | "before_start" | "same" | "held" | "no_seat";
};

/**
 * Extends or shortens a grant: to an instant (ISO), or null for no end. What has run out becomes active again. Refuses
 * what is not this pass's (`gone`), what was taken back or refunded (`status`), an end that is past by the database's clock
 * or before its beginning, the end that it has (`same`), and making active again what the person holds another grant of
 * (`held`) or what no seat is left for (`no_seat`).
 */
export async function changeGrantEnd(
  db: Db,
  queue: Queue,
  { endsAt, ...act }: GrantAct & { endsAt: string | null },
): Promise<{ ok: true } | EndRefusal> {
  return db.transaction().execute(async (trx) => {
    const found = await lockGrant(trx, queue, act);
    if (!found) return { ok: false, reason: "gone" };
    const { grant, hasSeat } = found;
    if (!(grantMoves.end.from as readonly AccessGrantStatus[]).includes(grant.status))
      return { ok: false, reason: "status" };
    const { rows } = await sql<{ past: boolean; early: boolean; same: boolean; later: boolean }>`
      select coalesce(${endsAt}::timestamptz <= clock_timestamp(), false) as past,
        coalesce(${endsAt}::timestamptz <= ${grant.startsAt}::timestamptz, false) as early,
        ${endsAt}::timestamptz is not distinct from ${grant.endsAt}::timestamptz as same,
        ${endsAt}::timestamptz is null or coalesce(${endsAt}::timestamptz > ${grant.endsAt}::timestamptz, false) as later
    `.execute(trx);
    const end = rows[0]!;
    if (end.same) return { ok: false, reason: "same" };
    if (end.past) return { ok: false, reason: "past" };
    if (end.early) return { ok: false, reason: "before_start" };
    const refusal = await makeActive(trx, queue, { grant, hasSeat, endsAt, act, move: "end" });
    if (refusal) return refusal;
    const kind = end.later ? "extended" : "shortened";
    const { grantId, actorId, reason } = act;
    await grantChanged(trx, queue, { grantId, kind, actorId, reason, endsBefore: grant.endsAt });
    return { ok: true };
  });
}

export type RestoreRefusal = {
  ok: false;
  reason: "gone" | "status" | "needs_end" | "past" | "held" | "no_seat";
};

/**
 * Gives back what was taken back or refunded, with the rest of its time. Where its end has passed meanwhile a new one is
 * needed: `endsAt`, an instant (ISO), or null for no end; without it `needs_end`. It is not read where the end is still to
 * come. Refuses otherwise as `changeGrantEnd` does.
 */
export async function restoreGrant(
  db: Db,
  queue: Queue,
  { endsAt, ...act }: GrantAct & { endsAt?: string | null },
): Promise<{ ok: true } | RestoreRefusal> {
  return db.transaction().execute(async (trx) => {
    const found = await lockGrant(trx, queue, act);
    if (!found) return { ok: false, reason: "gone" };
    const { grant, hasSeat } = found;
    if (!(grantMoves.restore.from as readonly AccessGrantStatus[]).includes(grant.status))
      return { ok: false, reason: "status" };
    const { rows } = await sql<{ over: boolean; past: boolean }>`
      select coalesce(${grant.endsAt}::timestamptz <= clock_timestamp(), false) as over,
        coalesce(${endsAt ?? null}::timestamptz <= clock_timestamp(), false) as past
    `.execute(trx);
    const { over, past } = rows[0]!;
    if (over && endsAt === undefined) return { ok: false, reason: "needs_end" };
    if (over && past) return { ok: false, reason: "past" };
    const end = over ? endsAt! : grant.endsAt;
    const refusal = await makeActive(trx, queue, { grant, hasSeat, endsAt: end, act, move: "restore" });
    if (refusal) return refusal;
    const { grantId, actorId, reason } = act;
    await grantChanged(trx, queue, { grantId, kind: "restored", actorId, reason, endsBefore: grant.endsAt });
    return { ok: true };
  });
}

/** Times as the database writes them: a Date has no microseconds. */
type LockedGrant = {
  id: string;
  userId: string;
  status: AccessGrantStatus;
  startsAt: string;
  endsAt: string | null;
};

type Found = { grant: LockedGrant; hasSeat: () => Promise<boolean> };

async function lockGrant(
  trx: Trx,
  queue: Queue,
  { spaceId, passId, grantId }: GrantAct,
): Promise<Found | undefined> {
  // Alone: nobody gets the same pass between the look at what the person holds and the change.
  const seats = await lockSeats(trx, passId, { alone: true });
  const find = () =>
    trx
      .selectFrom("access_grants as g")
      .innerJoin("access_passes as p", "p.id", "g.access_pass_id")
      .select(["g.id", "g.user_id as userId", "g.status"])
      .select([
        sql<string>`g.starts_at::text`.as("startsAt"),
        sql<string | null>`g.ends_at::text`.as("endsAt"),
      ])
      .where("g.id", "=", grantId)
      .where("p.id", "=", passId)
      .where("p.space_id", "=", spaceId)
      .forUpdate("g");
  const before = await find().executeTakeFirst();
  if (!seats || !before) return undefined;
  // What has run out by the clock is so, before anything is done with it.
  await expireOwn(trx, queue, { userId: before.userId, passId });
  const grant = await find().executeTakeFirstOrThrow();
  const of = { passId, userId: grant.userId };
  return { grant, hasSeat: async () => seats === "unlimited" || (await findSeat(trx, of)) !== undefined };
}

async function makeActive(
  trx: Trx,
  queue: Queue,
  {
    grant,
    hasSeat,
    endsAt,
    act,
    move,
  }: Found & { endsAt: string | null; act: GrantAct; move: "end" | "restore" },
): Promise<{ ok: false; reason: "held" | "no_seat" } | undefined> {
  const { userId, status } = grant;
  const { passId, grantId, actorId } = act;
  if (status !== "active") {
    if (await findHeld(trx, { userId, passId })) return { ok: false, reason: "held" };
    if (!(await hasSeat())) return { ok: false, reason: "no_seat" };
    await settle(trx, { userId, passId, grantId, actorId });
  }
  await trx
    .updateTable("access_grants")
    .set({ status: grantMoves[move].to, ends_at: endsAt })
    .$if(status !== "active", (update) => update.set({ status_changed_at: sql`now()` }))
    .where("id", "=", grantId)
    .where("status", "in", grantMoves[move].from)
    .execute();
  return undefined;
}
