import { type Kysely, sql, type Transaction } from "kysely";
import { enqueueOnce, type Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";

type Trx = Transaction<Database>;

/*
 * A seat of a pass with a stock is taken while a grant is active by the clock, or is kept for somebody by an offer.
 * In each of these, `p` is the pass.
 */

/** How many hold it now. */
export const heldSeats = sql<number>`(
  select count(*)::int from access_grants g
  where g.access_pass_id = p.id and g.status = 'active' and (g.ends_at is null or g.ends_at > statement_timestamp())
)`;

/** So many who hold a pass are counted for people to read, and so many more than its seats. */
export const mostHoldersCounted = 10_000;

/** How many hold it now, for people to read, one more than are counted where it is more: each costs a moment. */
export const countedHolders = sql<number>`(
  select count(*)::int from (
    select from access_grants g
    where g.access_pass_id = p.id and g.status = 'active' and (g.ends_at is null or g.ends_at > statement_timestamp())
    limit coalesce(p.stock, 0) + ${sql.lit(mostHoldersCounted)} + 1
  ) held
)`;

/** What was counted so, and whether there are more than that. */
export function sayHolders<Row extends { holders: number; stock: number | null }>(
  row: Row,
): Row & { moreHolders: boolean } {
  const most = (row.stock ?? 0) + mostHoldersCounted;
  return { ...row, holders: Math.min(row.holders, most), moreHolders: row.holders > most };
}

/** How many seats are kept for people who waited. */
export const offeredSeats = sql<number>`(
  select count(*)::int from access_pass_waits w
  where w.access_pass_id = p.id and w.outcome is null and w.offer_until > statement_timestamp()
)`;

/** How many wait without an offer. */
export const waitingPeople = sql<number>`(
  select count(*)::int from access_pass_waits w
  where w.access_pass_id = p.id and w.outcome is null and w.offer_until is null
)`;

/** Whether people can get it now: switched on, not retired, before its last day, in a space that is there. `s` is the space. */
export const isOffered = sql<boolean>`(
  p.on_sale and p.retired_at is null and s.retired_at is null
  and (p.term_until is null or p.term_until > statement_timestamp())
)`;

/**
 * To be called before a grant of a pass is made or made active again, and before any row of a grant is locked. A pass with
 * a stock is locked to the end of the transaction: whoever counts its seats is alone. One without is only kept from
 * getting a stock meanwhile, so that nobody waits for anybody. Gives which of the two it is, or undefined when there is
 * no such pass. `alone` locks either kind, for what creators do one by one.
 */
export async function lockSeats(
  trx: Trx,
  passId: string,
  { alone = false }: { alone?: boolean } = {},
): Promise<"limited" | "unlimited" | undefined> {
  const pass = () => trx.selectFrom("access_passes").select("id").where("id", "=", passId);
  if (alone) await pass().forNoKeyUpdate().execute();
  // Its stock may come or go between the two questions: then neither finds it, and both are asked again.
  for (let tries = 0; tries < 5; tries++) {
    if (await pass().where("stock", "is", null).forShare().executeTakeFirst()) return "unlimited";
    if (await pass().where("stock", "is not", null).forNoKeyUpdate().executeTakeFirst()) return "limited";
    if (!(await pass().executeTakeFirst())) return undefined;
  }
  throw new Error("The stock of a pass changes without end.");
}

/**
 * Whether there is a seat for this person in a pass that `lockSeats` has locked: one that is kept for them (`offered`), or
 * one that is free when everybody who waits before them has got theirs. It holds for creators who give one, too: nobody
 * overtakes who waits.
 */
export async function findSeat(
  trx: Trx,
  { passId, userId }: { passId: string; userId: string },
): Promise<"offered" | "free" | undefined> {
  const { rows } = await sql<{ offered: boolean; left: number }>`
    select
      coalesce(own.offer_until > statement_timestamp(), false) as offered,
      p.stock - ${heldSeats} - ${offeredSeats} - (
        select count(*)::int from access_pass_waits w
        where w.access_pass_id = p.id and w.outcome is null and w.offer_until is null and p.price_minor = 0
          and w.user_id <> ${userId} and (own.number is null or own.offer_until is not null or w.number < own.number)
      ) as left
    from access_passes p
    left join access_pass_waits own on own.access_pass_id = p.id and own.user_id = ${userId} and own.outcome is null
    where p.id = ${passId}
  `.execute(trx);
  if (rows[0]?.offered) return "offered";
  return rows[0] && rows[0].left > 0 ? "free" : undefined;
}

/**
 * How many seats of a pass are free when everybody who waits has got theirs; null: as many as want to. It is so for as
 * long as `lockSeats` holds the pass, and otherwise may be a moment old.
 */
export async function countFreeSeats(db: Kysely<Database>, passId: string): Promise<number | null> {
  const { rows } = await sql<{ free: number | null }>`
    select p.stock - ${heldSeats} - ${offeredSeats} - case when p.price_minor = 0 then ${waitingPeople} else 0 end as free
    from access_passes p where p.id = ${passId}
  `.execute(db);
  const free = rows[0]?.free ?? null;
  return free === null ? null : Math.max(0, free);
}

/** How many seats of a pass nobody holds, with those that are kept, or that others wait for; null: as many as want to. */
export async function countUnheldSeats(db: Kysely<Database>, passId: string): Promise<number | null> {
  const { rows } = await sql<{ left: number | null }>`
    select p.stock - ${heldSeats} as left from access_passes p where p.id = ${passId}
  `.execute(db);
  const left = rows[0]?.left ?? null;
  return left === null ? null : Math.max(0, left);
}

/**
 * Whether a pass has no seat for this person, nor a grant that they hold. Nothing is locked: a no is final only under
 * `lockSeats`, a yes may be a moment old.
 */
export async function isSoldOut(
  db: Kysely<Database>,
  { passId, userId }: { passId: string; userId: string },
): Promise<boolean> {
  const { rows } = await sql<{ soldOut: boolean }>`
    select p.stock is not null and p.stock <= ${heldSeats} + ${offeredSeats}
      and not exists (
        select from access_grants g
        where g.access_pass_id = p.id and g.user_id = ${userId} and g.status = 'active')
      and not exists (
        select from access_pass_waits w
        where w.access_pass_id = p.id and w.user_id = ${userId} and w.outcome is null
          and w.offer_until > statement_timestamp()) as "soldOut"
    from access_passes p where p.id = ${passId}
  `.execute(db);
  return rows[0]?.soldOut ?? false;
}

/** Has a worker look, once this transaction is through, whether a seat has come free for somebody who waits. */
export async function wakeOffers(trx: Trx, queue: Queue, passId: string): Promise<void> {
  const waits = await trx
    .selectFrom("access_pass_waits")
    .select("id")
    .where("access_pass_id", "=", passId)
    .where("outcome", "is", null)
    .limit(1)
    .executeTakeFirst();
  if (waits) await enqueueOnce(trx, queue, "pass.offer", { passId }, passId);
}
