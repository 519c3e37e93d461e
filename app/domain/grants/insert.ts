import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import type { AccessGrantEventKind, AccessGrantSource } from "#db/types.ts";
import { grantsChanged } from "./changed.ts";
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

type Made = {
  passId: string;
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
  { userId, ...made }: Made & { userId: string },
): Promise<{ id: string; endsAt: Date | null } | undefined> {
  const people = [{ userId, endsAt: null, letterLeftOut: false }];
  const [grant] = await insertGrants(trx, queue, { ...made, people });
  return grant;
}

/** Who gets one of many grants: to an instant (ISO), or null for the end of the pass's term. */
export type Receiver = { userId: string; endsAt: string | null; letterLeftOut: boolean };

/** The same for many people at once, each at most once. Gives those that were made. */
export async function insertGrants(
  trx: Trx,
  queue: Queue,
  { passId, source, kind, actorId, link, people }: Made & { people: Receiver[] },
): Promise<{ id: string; userId: string; endsAt: Date | null }[]> {
  if (people.length === 0) return [];
  const grantedBy = link ? link.madeBy : source === "claim" ? null : actorId;
  // In one order, so that two who make the same at once wait for each other and do not lock each other out.
  const { rows } = await sql<{ id: string; userId: string; endsAt: Date | null }>`
    insert into access_grants (access_pass_id, user_id, source, ends_at, granted_by, access_pass_link_id, letter_left_out)
    select p.id, receiver.user_id, ${source}::access_grant_source,
      coalesce(receiver.ends_at, ${endOfTerm(sql`now()`)}), ${grantedBy}::uuid,
      ${link?.id ?? null}::uuid, receiver.letter_left_out
    from access_passes p cross join unnest(
      ${people.map(({ userId }) => userId)}::uuid[], ${people.map(({ endsAt }) => endsAt)}::timestamptz[],
      ${people.map(({ letterLeftOut }) => letterLeftOut)}::boolean[]
    ) as receiver (user_id, ends_at, letter_left_out)
    where p.id = ${passId} order by receiver.user_id
    on conflict (access_pass_id, user_id) where status = 'active' do nothing
    returning id, user_id as "userId", ends_at as "endsAt"
  `.execute(trx);
  await grantsChanged(
    trx,
    queue,
    rows.map(({ id }) => id),
    { kind, actorId },
  );
  await settleMany(trx, { passId, actorId, grants: rows });
  return rows;
}

/** Whoever holds a pass neither waits for it nor asks for it. */
export function settle(
  trx: Trx,
  { userId, passId, grantId, actorId }: Of & { grantId: string; actorId: string },
): Promise<void> {
  return settleMany(trx, { passId, actorId, grants: [{ id: grantId, userId }] });
}

async function settleMany(
  trx: Trx,
  { passId, actorId, grants }: { passId: string; actorId: string; grants: { id: string; userId: string }[] },
): Promise<void> {
  if (grants.length === 0) return;
  const userIds = grants.map(({ userId }) => userId);
  await trx
    .updateTable("access_pass_waits")
    .set({ outcome: "taken", ended_at: sql`clock_timestamp()` })
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", sql<string>`any(${userIds}::uuid[])`)
    .where("outcome", "is", null)
    .execute();
  // Who gave it meant yes, and the letter about the gift says it. Who could take it by themselves needs no answer.
  await sql`
    update access_pass_requests r
    set status = case when made.user_id = ${actorId}::uuid then 'withdrawn' else 'approved' end::access_pass_request_status,
      access_grant_id = made.id, decided_at = clock_timestamp(),
      decided_by = case when made.user_id = ${actorId}::uuid then null else ${actorId}::uuid end,
      mailed_at = clock_timestamp()
    from unnest(${grants.map(({ id }) => id)}::uuid[], ${userIds}::uuid[]) as made (id, user_id)
    where r.access_pass_id = ${passId} and r.user_id = made.user_id and r.status = 'asked'
  `.execute(trx);
}

/** The index counts an active grant, also one whose end has passed and that the worker has not marked yet. */
export function expireOwn(trx: Trx, queue: Queue, { userId, passId }: Of): Promise<void> {
  return expireOf(trx, queue, { userIds: [userId], passId });
}

/** The same for many people, in one order, so that two who do it at once wait for each other and do not lock each other out. */
export async function expireOf(
  trx: Trx,
  queue: Queue,
  { userIds, passId }: { userIds: string[]; passId: string },
): Promise<void> {
  const expired = await trx
    .updateTable("access_grants")
    .set({ status: grantMoves.expire.to, status_changed_at: sql`now()` })
    .where("id", "in", (grants) =>
      grants
        .selectFrom("access_grants")
        .select("id")
        .where("access_pass_id", "=", passId)
        .where("user_id", "=", sql<string>`any(${userIds}::uuid[])`)
        .where("status", "in", grantMoves.expire.from)
        .where("ends_at", "<=", sql<Date>`now()`)
        .orderBy("id")
        .forUpdate(),
    )
    .where("status", "in", grantMoves.expire.from)
    .returning("id")
    .execute();
  await grantsChanged(
    trx,
    queue,
    expired.map(({ id }) => id),
    { kind: "expired", actorId: null },
  );
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
