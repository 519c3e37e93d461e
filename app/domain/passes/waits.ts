import { sql } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { holdsNow } from "../grants/insert.ts";
import { findStanding, type Obstacle } from "./obstacles.ts";
import { findSeat, lockSeats, wakeOffers } from "./seats.ts";

type Of = { userId: string; passId: string };

export type JoinRefusal = { ok: false; reason: Obstacle | "not_free" | "held" | "seat_free" };

/**
 * Puts a person at the end of the list of who waits for a pass that is sold out. Joining again keeps their place. Refuses
 * what `findStanding` says, a pass with a price (one asks for it instead), who holds it, and a pass that has a seat for
 * them (`seat_free`): they can simply take it.
 */
export async function joinWait(db: Db, { userId, passId }: Of): Promise<{ ok: true } | JoinRefusal> {
  return db.transaction().execute(async (trx) => {
    const seats = await lockSeats(trx, passId);
    if (!seats) return { ok: false, reason: "gone" };
    const { obstacle, priceMinor } = await findStanding(trx, { passId, userId });
    if (obstacle) return { ok: false, reason: obstacle };
    if (priceMinor > 0) return { ok: false, reason: "not_free" };
    if (await holdsNow(trx, { userId, passId })) return { ok: false, reason: "held" };
    if (seats === "unlimited" || (await findSeat(trx, { passId, userId })))
      return { ok: false, reason: "seat_free" };
    await trx
      .updateTable("access_pass_waits")
      .set({ outcome: "lapsed", ended_at: sql`clock_timestamp()` })
      .where("access_pass_id", "=", passId)
      .where("user_id", "=", userId)
      .where("outcome", "is", null)
      .where("offer_until", "<=", sql<Date>`statement_timestamp()`)
      .execute();
    await trx
      .insertInto("access_pass_waits")
      .values({ access_pass_id: passId, user_id: userId })
      .onConflict((conflict) =>
        conflict.columns(["access_pass_id", "user_id"]).where("outcome", "is", null).doNothing(),
      )
      .execute();
    return { ok: true };
  });
}

/** Takes a person from the list, also with an offer, whose seat goes to the next. False when they were not in it. */
export async function leaveWait(db: Db, queue: Queue, { userId, passId }: Of): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const left = await trx
      .updateTable("access_pass_waits")
      .set({ outcome: "left", ended_at: sql`clock_timestamp()` })
      .where("access_pass_id", "=", passId)
      .where("user_id", "=", userId)
      .where("outcome", "is", null)
      .returning("offer_until")
      .executeTakeFirst();
    if (left?.offer_until) await wakeOffers(trx, queue, passId);
    return left !== undefined;
  });
}

/** The place of a row `w` in its list, from 1; null with an offer. */
export const placeInList = sql<number | null>`
  case when w.offer_until is null then (
    select count(*)::int + 1 from access_pass_waits o
    where o.access_pass_id = w.access_pass_id and o.outcome is null and o.offer_until is null and o.number < w.number
  ) end
`;

export type OwnWait = {
  id: string;
  passName: string;
  passSlug: string;
  spaceName: string;
  spaceSlug: string;
  experiences: string[];
  place: number | null;
  offerUntil: Date | null;
};

/** The lists that a person waits in, with their place, or until when a seat is kept for them; offers first. */
export async function listOwnWaits(db: Db, userId: string): Promise<OwnWait[]> {
  const { rows } = await sql<OwnWait>`
    select w.id, p.name as "passName", p.slug as "passSlug", s.name as "spaceName", s.slug as "spaceSlug",
      coalesce((
        select array_agg(e.name order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '{}') as experiences,
      ${placeInList} as place, w.offer_until as "offerUntil"
    from access_pass_waits w
    join access_passes p on p.id = w.access_pass_id
    join spaces s on s.id = p.space_id and s.retired_at is null
    where w.user_id = ${userId} and w.outcome is null and (w.offer_until is null or w.offer_until > statement_timestamp())
    order by w.offer_until nulls last, w.number limit 200
  `.execute(db);
  return rows;
}
