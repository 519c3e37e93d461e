import { sql } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { notifyChange } from "../changes/notices.ts";
import { expireOwn, findHeld, holdsNow, insertGrant } from "../grants/insert.ts";
import { takeFrom } from "../people/limits.ts";
import { findStanding, type Obstacle } from "./obstacles.ts";
import { findSeat, lockSeats } from "./seats.ts";

type Of = { userId: string; passId: string };

export type AskRefusal = { ok: false; reason: Obstacle | "free" | "held" | "too_often" };

/**
 * Asks the creator for a pass that has a price, with a few words. Asking again while there is no answer changes nothing.
 * Also a pass without a free seat can be asked for: the creator sees when there is one. Refuses what `findStanding` says, a
 * pass that is free (one takes it), who holds it, and more than five times a day. What was taken back can be asked for:
 * the creator decides.
 */
export async function askForPass(
  db: Db,
  { userId, passId, words }: Of & { words: string },
): Promise<{ ok: true } | AskRefusal> {
  const { obstacle, priceMinor, currency } = await findStanding(db, { passId, userId });
  if (obstacle && obstacle !== "taken_back") return { ok: false, reason: obstacle };
  if (priceMinor === 0) return { ok: false, reason: "free" };
  if (await hasAsked(db, { userId, passId })) return { ok: true };
  if (!(await takeFrom(db, "requests.pass", `${userId} ${passId}`)).ok)
    return { ok: false, reason: "too_often" };
  return db.transaction().execute(async (trx) => {
    // Alone: nobody gives it to them meanwhile, who would not see the request.
    await lockSeats(trx, passId, { alone: true });
    if (await holdsNow(trx, { userId, passId })) return { ok: false, reason: "held" };
    await trx
      .insertInto("access_pass_requests")
      .values({ access_pass_id: passId, user_id: userId, words, price_minor: priceMinor, currency })
      // The literal is the index's: Postgres finds no index for a parameter.
      .onConflict((conflict) =>
        conflict.columns(["access_pass_id", "user_id"]).where("status", "=", sql.lit("asked")).doNothing(),
      )
      .execute();
    return { ok: true };
  });
}

async function hasAsked(db: Db, { userId, passId }: Of): Promise<boolean> {
  const open = await db
    .selectFrom("access_pass_requests")
    .select("id")
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", userId)
    .where("status", "=", "asked")
    .executeTakeFirst();
  return open !== undefined;
}

/** Takes an open request back. False when there is none. */
export async function withdrawRequest(db: Db, { userId, passId }: Of): Promise<boolean> {
  const row = await db
    .updateTable("access_pass_requests")
    .set({ status: "withdrawn", decided_at: sql`clock_timestamp()` })
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", userId)
    .where("status", "=", "asked")
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** What the team decides about a request for a pass of this space. */
type Act = { spaceId: string; passId: string; requestId: string; actorId: string };

export type ApproveRefusal = {
  ok: false;
  reason: "gone" | "decided" | "retired" | "over" | "banned" | "held" | "no_seat";
};

/**
 * Says yes to a request: makes the grant, and writes to who asked. The times of the sale and its switch are no matter: they
 * asked in time, and the creator decides. Refuses a request that is not this pass's or of an account that is off (`gone`),
 * that has an answer or was withdrawn (`decided`), for a pass that is retired or past its last day (`over`), of somebody
 * who is banned or holds it (`held`), and where no seat is free (`no_seat`).
 */
export async function approveRequest(
  db: Db,
  queue: Queue,
  { spaceId, passId, requestId, actorId }: Act,
): Promise<{ ok: true; grantId: string } | ApproveRefusal> {
  return db.transaction().execute(async (trx) => {
    const seats = await lockSeats(trx, passId);
    const request = await trx
      .selectFrom("access_pass_requests as r")
      .innerJoin("access_passes as p", "p.id", "r.access_pass_id")
      .select(["r.user_id as userId", "r.status"])
      .where("r.id", "=", requestId)
      .where("p.id", "=", passId)
      .where("p.space_id", "=", spaceId)
      .forUpdate("r")
      .executeTakeFirst();
    if (!seats || !request) return { ok: false, reason: "gone" };
    if (request.status !== "asked") return { ok: false, reason: "decided" };
    const { userId } = request;
    const { obstacle } = await findStanding(trx, { passId, userId });
    if (obstacle === "gone" || obstacle === "retired" || obstacle === "over" || obstacle === "banned")
      return { ok: false, reason: obstacle };
    await expireOwn(trx, queue, { userId, passId });
    if (await findHeld(trx, { userId, passId })) return { ok: false, reason: "held" };
    if (seats === "limited" && !(await findSeat(trx, { passId, userId })))
      return { ok: false, reason: "no_seat" };
    const made = { userId, passId, source: "request", kind: "approved", actorId } as const;
    const grant = await insertGrant(trx, queue, made);
    if (!grant) return { ok: false, reason: "held" };
    // `insertGrant` has settled it as approved; a letter about it is still to be written.
    await trx
      .updateTable("access_pass_requests")
      .set({ mailed_at: null })
      .where("id", "=", requestId)
      .where("status", "=", "approved")
      .execute();
    await enqueue(trx, queue, "pass.request-mail", { requestId });
    return { ok: true, grantId: grant.id };
  });
}

/**
 * Says no to a request, with a reason that who asked reads ("": none), and writes to them. False when it is not this
 * pass's, or has an answer.
 */
export async function declineRequest(
  db: Db,
  queue: Queue,
  { spaceId, passId, requestId, actorId, reason }: Act & { reason: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const declined = await trx
      .updateTable("access_pass_requests as r")
      .from("access_passes as p")
      .set({ status: "declined", decided_at: sql`clock_timestamp()`, decided_by: actorId, reason })
      .whereRef("p.id", "=", "r.access_pass_id")
      .where("r.id", "=", requestId)
      .where("p.id", "=", passId)
      .where("p.space_id", "=", spaceId)
      .where("r.status", "=", "asked")
      .returning("r.user_id as userId")
      .executeTakeFirst();
    if (!declined) return false;
    await enqueue(trx, queue, "pass.request-mail", { requestId });
    await notifyChange(trx, { kind: "person", userId: declined.userId });
    return true;
  });
}
