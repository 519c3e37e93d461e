import { sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import { enforceAccess } from "#app/domain/access/enforcement.ts";
import { notifyChange } from "../changes/notices.ts";
import { grantMoves } from "./moves.ts";

type Trx = Transaction<Database>;

export type ClaimRefusal = {
  ok: false;
  reason: "gone" | "retired" | "over" | "not_free" | "taken_back" | "banned";
};

/**
 * Gives a signed-in person a free pass at their own wish. Asking again (a double click, another tab) gives what they
 * already hold: `isNew` false. Refuses when there is no such pass (`gone`), when it is retired, past its last day
 * (`over`) or not free, when its creator took it back from this person (only the creator gives it again), and to who is
 * banned from the space.
 */
export async function claimPass(
  db: Db,
  { userId, passId }: { userId: string; passId: string },
): Promise<{ ok: true; grantId: string; endsAt: Date | null; isNew: boolean } | ClaimRefusal> {
  return db.transaction().execute(async (trx) => {
    await expireOwn(trx, { userId, passId });
    const { rows } = await sql<{ id: string; ends_at: Date | null }>`
      insert into access_grants (access_pass_id, user_id, source, ends_at)
      select p.id, u.id, 'claim', ${endOfTerm}
      from access_passes p
      join spaces s on s.id = p.space_id and s.retired_at is null
      join users u on u.id = ${userId} and u.disabled_at is null
      where p.id = ${passId} and p.retired_at is null and p.price_minor = 0
        and (p.term_until is null or p.term_until > now())
        and not exists (
          select from space_bans_in_force b where b.space_id = s.id and b.user_id = u.id and b.stream_id is null)
        and coalesce((
          select g.status from access_grants g
          where g.access_pass_id = p.id and g.user_id = u.id order by g.id desc limit 1
        ) not in ('cancelled', 'refunded'), true)
      on conflict (access_pass_id, user_id) where status = 'active' do nothing
      returning id, ends_at
    `.execute(trx);
    const made = rows[0];
    if (made) {
      await notifyChange(trx, { kind: "person", userId });
      return { ok: true, grantId: made.id, endsAt: made.ends_at, isNew: true };
    }
    const held = await findHeld(trx, { userId, passId });
    if (held) return { ok: true, grantId: held.id, endsAt: held.ends_at, isNew: false };
    return { ok: false, reason: await whyNotClaimed(trx, { userId, passId }) };
  });
}

const endOfTerm = sql`case p.term when 'days' then now() + make_interval(days => p.term_days) else p.term_until end`;

/** The index counts an active grant, also one whose end has passed and that the worker has not marked yet. */
async function expireOwn(trx: Trx, { userId, passId }: { userId: string; passId: string }) {
  await trx
    .updateTable("access_grants")
    .set({ status: grantMoves.expire.to, status_changed_at: sql`now()` })
    .where("access_pass_id", "=", passId)
    .where("user_id", "=", userId)
    .where("status", "in", grantMoves.expire.from)
    .where("ends_at", "<=", sql<Date>`now()`)
    .execute();
}

function findHeld(trx: Trx, { userId, passId }: { userId: string; passId: string }) {
  return trx
    .selectFrom("access_grants as g")
    .innerJoin("access_passes as p", "p.id", "g.access_pass_id")
    .innerJoin("spaces as s", "s.id", "p.space_id")
    .select(["g.id", "g.ends_at"])
    .where("g.access_pass_id", "=", passId)
    .where("g.user_id", "=", userId)
    .where("g.status", "=", "active")
    .where("s.retired_at", "is", null)
    .executeTakeFirst();
}

async function whyNotClaimed(
  trx: Trx,
  { userId, passId }: { userId: string; passId: string },
): Promise<ClaimRefusal["reason"]> {
  const { rows } = await sql<{ retired: boolean; over: boolean; paid: boolean; banned: boolean }>`
    select p.retired_at is not null as retired, coalesce(p.term_until <= now(), false) as over, p.price_minor > 0 as paid,
      exists (
        select from space_bans_in_force b where b.space_id = s.id and b.user_id = ${userId} and b.stream_id is null) as banned
    from access_passes p join spaces s on s.id = p.space_id and s.retired_at is null where p.id = ${passId}
  `.execute(trx);
  const pass = rows[0];
  if (!pass) return "gone";
  if (pass.retired) return "retired";
  if (pass.over) return "over";
  if (pass.paid) return "not_free";
  return pass.banned ? "banned" : "taken_back";
}

export type GiveRefusal =
  | { ok: false; reason: "gone" | "over" | "disabled" | "too_many" }
  | { ok: false; reason: "held"; endsAt: Date | null };

/**
 * Gives a pass of this space to the person with a mail address, who may never have been here, and writes to them. One
 * transaction: the person's row where it is new, the grant, the job for the letter. Refuses a pass that is not this
 * space's or is retired (`gone`), one past its last day (`over`), who already holds it (`held`, with its end), and
 * more than a thousand letters of one space in a day (`too_many`): they go to people who never asked us for any.
 */
export async function giveGrant(
  db: Db,
  queue: Queue,
  {
    spaceId,
    passId,
    email,
    grantedBy,
  }: { spaceId: string; passId: string; email: string; grantedBy: string },
): Promise<{ ok: true; grantId: string } | GiveRefusal> {
  return db.transaction().execute(async (trx) => {
    const pass = await trx
      .selectFrom("access_passes as p")
      .innerJoin("spaces as s", "s.id", "p.space_id")
      .select(sql<boolean>`coalesce(p.term_until <= now(), false)`.as("over"))
      .where("p.id", "=", passId)
      .where("p.space_id", "=", spaceId)
      .where("p.retired_at", "is", null)
      .where("s.retired_at", "is", null)
      .forShare()
      .executeTakeFirst();
    if (!pass) return { ok: false, reason: "gone" };
    if (pass.over) return { ok: false, reason: "over" };
    if ((await countGivenToday(trx, spaceId)) >= mostGivenADay) return { ok: false, reason: "too_many" };
    const userId = await findOrInsertPerson(trx, email);
    if (!userId) return { ok: false, reason: "disabled" };
    await expireOwn(trx, { userId, passId });
    const { rows } = await sql<{ id: string }>`
      insert into access_grants (access_pass_id, user_id, source, ends_at, granted_by)
      select p.id, ${userId}::uuid, 'given', ${endOfTerm}, ${grantedBy}::uuid from access_passes p where p.id = ${passId}
      on conflict (access_pass_id, user_id) where status = 'active' do nothing
      returning id
    `.execute(trx);
    const grant = rows[0];
    if (!grant) {
      const held = await findHeld(trx, { userId, passId });
      return { ok: false, reason: "held", endsAt: held?.ends_at ?? null };
    }
    await enqueue(trx, queue, "grant.mail", { grantId: grant.id });
    await notifyChange(trx, { kind: "person", userId });
    return { ok: true, grantId: grant.id };
  });
}

const mostGivenADay = 1000;

async function countGivenToday(trx: Trx, spaceId: string): Promise<number> {
  const { rows } = await sql<{ many: number }>`
    select count(*)::int as many from access_grants g join access_passes p on p.id = g.access_pass_id
    where p.space_id = ${spaceId} and g.source = 'given' and g.created_at > now() - interval '1 day'
  `.execute(trx);
  return rows[0]?.many ?? 0;
}

async function findOrInsertPerson(trx: Trx, email: string): Promise<string | undefined> {
  await trx
    .insertInto("users")
    .values({ email })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .execute();
  const person = await trx
    .selectFrom("users")
    .select("id")
    .where("email", "=", email)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  return person?.id;
}

type OfSpace = { spaceId: string; passId: string; grantId: string };

/**
 * Takes a grant back, at once: open pages of its holder are told in the same transaction. False when it is not this
 * pass's, or was taken back or refunded before.
 */
export function cancelGrant(db: Db, queue: Queue, grant: OfSpace): Promise<boolean> {
  return moveGrant(db, queue, "cancel", grant);
}

/** Marks that a grant was paid back, which also ends it at once. False when it is not this pass's, or already is. */
export function refundGrant(db: Db, queue: Queue, grant: OfSpace): Promise<boolean> {
  return moveGrant(db, queue, "refund", grant);
}

async function moveGrant(
  db: Db,
  queue: Queue,
  move: "cancel" | "refund",
  { spaceId, passId, grantId }: OfSpace,
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
      .returning("g.user_id as userId")
      .executeTakeFirst();
    if (moved) await enforceAccess(trx, queue, [moved.userId]);
    return moved !== undefined;
  });
}
