import { sql, type Transaction } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { notifyChange } from "../changes/notices.ts";
import { heldSeats, isOffered, offeredSeats } from "./seats.ts";

type Trx = Transaction<Database>;

/** For how long a seat is kept for somebody who waited. */
export const offerHours = 24;

/** Offers that are made in one go: each is a letter. */
const mostAtOnce = 100;

/**
 * Offers the free seats of one pass to those who wait for it, in their order, and ends offers whose time has run out. Who
 * is banned meanwhile, or has the pass, is passed over, and waits no longer. May run twice and at once: the pass is
 * locked. Gives how many offers it made.
 */
export async function offerSeats(db: Db, queue: Queue, { passId }: { passId: string }): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const pass = trx.selectFrom("access_passes").select("id").where("id", "=", passId);
    await pass.forNoKeyUpdate().execute();
    return offerSeatsOf(trx, queue, passId);
  });
}

/**
 * The same for every pass in which something is to be done, at most `most` in one go: finds what no job told of, such as a
 * grant or an offer that ended by the clock. A pass that somebody is at is left to the next time. Gives how many offers
 * it made.
 */
export async function offerFreeSeats(db: Db, queue: Queue, { most = 50 } = {}): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select p.id
    from (
      select w.access_pass_id, bool_or(w.offer_until is null) as waits,
        coalesce(bool_or(w.offer_until <= statement_timestamp()), false) as lapsed
      from access_pass_waits w where w.outcome is null group by w.access_pass_id
    ) l
    join access_passes p on p.id = l.access_pass_id
    join spaces s on s.id = p.space_id
    where l.lapsed or (l.waits and ${isForSale} and (p.stock is null or p.stock > ${heldSeats} + ${offeredSeats}))
    limit ${most}
  `.execute(db);
  let offers = 0;
  for (const { id } of rows) {
    offers += await db.transaction().execute(async (trx) => {
      const pass = trx.selectFrom("access_passes").select("id").where("id", "=", id);
      const free = await pass.forNoKeyUpdate().skipLocked().executeTakeFirst();
      return free ? offerSeatsOf(trx, queue, id) : 0;
    });
  }
  return offers;
}

const isForSale = sql<boolean>`(
  ${isOffered} and p.price_minor = 0
  and (p.sale_starts_at is null or p.sale_starts_at <= statement_timestamp())
  and (p.sale_ends_at is null or p.sale_ends_at > statement_timestamp())
)`;

async function offerSeatsOf(trx: Trx, queue: Queue, passId: string): Promise<number> {
  await endLapsed(trx, passId);
  let left = Math.min(await countFree(trx, passId), mostAtOnce);
  let offers = 0;
  while (left > 0) {
    const next = await listNext(trx, passId, left);
    for (const { id, userId, banned, holds } of next) {
      if (banned || holds) await endWait(trx, id, holds ? "taken" : "closed");
      else await offer(trx, queue, id);
      await notifyChange(trx, { kind: "person", userId });
    }
    const made = next.filter(({ banned, holds }) => !banned && !holds).length;
    offers += made;
    left = next.length === 0 ? 0 : left - made;
  }
  return offers;
}

async function endLapsed(trx: Trx, passId: string): Promise<void> {
  const lapsed = await trx
    .updateTable("access_pass_waits")
    .set({ outcome: "lapsed", ended_at: sql`clock_timestamp()` })
    .where("access_pass_id", "=", passId)
    .where("outcome", "is", null)
    .where("offer_until", "<=", sql<Date>`statement_timestamp()`)
    .returning("user_id as userId")
    .execute();
  for (const { userId } of lapsed) await notifyChange(trx, { kind: "person", userId });
}

/** Seats that could be offered now; of a pass without a stock as many as wanted. */
async function countFree(trx: Trx, passId: string): Promise<number> {
  const { rows } = await sql<{ free: number }>`
    select coalesce(p.stock - ${heldSeats} - ${offeredSeats}, ${mostAtOnce}) as free
    from access_passes p join spaces s on s.id = p.space_id where p.id = ${passId} and ${isForSale}
  `.execute(trx);
  return rows[0]?.free ?? 0;
}

type Next = { id: string; userId: string; banned: boolean; holds: boolean };

async function listNext(trx: Trx, passId: string, most: number): Promise<Next[]> {
  // Only who is leaving at this moment has their row locked, and is passed over.
  const { rows } = await sql<Next>`
    select w.id, w.user_id as "userId",
      u.disabled_at is not null or exists (
        select from space_bans_in_force b
        where b.space_id = p.space_id and b.user_id = w.user_id and b.stream_id is null) as banned,
      exists (
        select from access_grants g
        where g.access_pass_id = p.id and g.user_id = w.user_id and g.status = 'active'
          and (g.ends_at is null or g.ends_at > statement_timestamp())) as holds
    from access_pass_waits w
    join access_passes p on p.id = w.access_pass_id
    join users u on u.id = w.user_id
    where w.access_pass_id = ${passId} and w.outcome is null and w.offer_until is null
    order by w.number limit ${most} for update of w skip locked
  `.execute(trx);
  return rows;
}

async function offer(trx: Trx, queue: Queue, waitId: string): Promise<void> {
  await sql`
    update access_pass_waits set offered_at = clock_timestamp(), offer_until = clock_timestamp() + make_interval(hours => ${offerHours})
    where id = ${waitId}
  `.execute(trx);
  await enqueue(trx, queue, "pass.offer-mail", { waitId });
}

async function endWait(trx: Trx, waitId: string, outcome: "taken" | "closed"): Promise<void> {
  await trx
    .updateTable("access_pass_waits")
    .set({ outcome, ended_at: sql`clock_timestamp()` })
    .where("id", "=", waitId)
    .execute();
}
