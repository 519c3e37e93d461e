import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import type { AccessGrantEventKind, AccessGrantSource } from "#db/types.ts";
import { grantChanged } from "./changed.ts";
import { grantMoves } from "./moves.ts";

type Trx = Transaction<Database>;
type Of = { userId: string; passId: string };

/**
 * When a grant of a pass (`p`) that begins at `from` ends; null: never. Months are those of the calendar on the clocks of
 * the pass's zone: the same day and time so many months later, or the last day of a month that has no such day.
 */
export const endOfTerm = (from: RawBuilder<Date>) => sql<Date | null>`
  case p.term
    when 'days' then ${from} + make_interval(days => p.term_days)
    when 'months' then (${from} at time zone p.term_time_zone + make_interval(months => p.term_months)) at time zone p.term_time_zone
    else p.term_until
  end
`;

type New = Of & {
  source: AccessGrantSource;
  kind: AccessGrantEventKind;
  /** Who makes it: the person themselves, or who gives it. */
  actorId: string;
  /** By which it came to them, and who made that. */
  link?: { id: string; madeBy: string };
};

/**
 * Makes a grant, from now to the end of the pass's term, with what follows from it; whoever waited for the pass or asked
 * for it no longer does. Asks nothing: whether the person may have it, and whether there is a seat, was found out before,
 * with `lockSeats` and `findHeld`. Undefined when somebody else made one at the same moment.
 */
export async function insertGrant(
  trx: Trx,
  queue: Queue,
  { userId, passId, source, kind, actorId, link }: New,
): Promise<{ id: string; endsAt: Date | null } | undefined> {
  const grantedBy = link ? link.madeBy : source === "claim" ? null : actorId;
  const { rows } = await sql<{ id: string; endsAt: Date | null }>`
    insert into access_grants (access_pass_id, user_id, source, ends_at, granted_by, access_pass_link_id)
    select p.id, ${userId}::uuid, ${source}::access_grant_source, ${endOfTerm(sql`now()`)}, ${grantedBy}::uuid,
      ${link?.id ?? null}::uuid
    from access_passes p where p.id = ${passId}
    on conflict (access_pass_id, user_id) where status = 'active' do nothing
    returning id, ends_at as "endsAt"
  `.execute(trx);
  const grant = rows[0];
  if (!grant) return undefined;
  await grantChanged(trx, queue, { grantId: grant.id, kind, actorId });
  await settle(trx, { userId, passId, grantId: grant.id, actorId });
  return grant;
}

/** Whoever holds a pass neither waits for it nor asks for it. */
export async function settle(
  trx: Trx,
  { userId, passId, grantId, actorId }: Of & { grantId: string; actorId: string },
): Promise<void> {
  await trx
    .updateTable("access_pass_waits")
    .set({ outcome: "taken", ended_at: sql`clock_timestamp()` })
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", userId)
    .where("outcome", "is", null)
    .execute();
  // Who gave it meant yes, and the letter about the gift says it. Who could take it by themselves needs no answer.
  const own = actorId === userId;
  await trx
    .updateTable("access_pass_requests")
    .set({ status: own ? "withdrawn" : "approved", access_grant_id: grantId })
    .set({
      decided_at: sql`clock_timestamp()`,
      decided_by: own ? null : actorId,
      mailed_at: sql`clock_timestamp()`,
    })
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", userId)
    .where("status", "=", "asked")
    .execute();
}

/** The index counts an active grant, also one whose end has passed and that the worker has not marked yet. */
export async function expireOwn(trx: Trx, queue: Queue, { userId, passId }: Of): Promise<void> {
  const expired = await trx
    .updateTable("access_grants")
    .set({ status: grantMoves.expire.to, status_changed_at: sql`now()` })
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", userId)
    .where("status", "in", grantMoves.expire.from)
    .where("ends_at", "<=", sql<Date>`now()`)
    .returning("id")
    .execute();
  for (const { id } of expired)
    await grantChanged(trx, queue, { grantId: id, kind: "expired", actorId: null });
}

/** What this person holds of a pass; nothing in a space that has closed. */
export function findHeld(trx: Trx, { userId, passId }: Of) {
  return trx
    .selectFrom("access_grants as g")
    .innerJoin("access_passes as p", "p.id", "g.access_pass_id")
    .innerJoin("spaces as s", "s.id", "p.space_id")
    .select(["g.id", "g.ends_at as endsAt"])
    .where("g.access_pass_id", "=", passId)
    .where("g.user_id", "=", userId)
    .where("g.status", "=", "active")
    .where("s.retired_at", "is", null)
    .executeTakeFirst();
}

/** Whether this person holds a pass at this moment, marked or not. */
export async function holdsNow(db: Kysely<Database>, { userId, passId }: Of): Promise<boolean> {
  const { rows } = await sql`
    select from access_grants where access_pass_id = ${passId} and user_id = ${userId} and status = 'active'
      and (ends_at is null or ends_at > statement_timestamp())
  `.execute(db);
  return rows.length > 0;
}
