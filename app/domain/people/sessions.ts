import { createHash, randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import { enforceAccess } from "../access/enforcement.ts";
import type { Db } from "#db/client.ts";

/** A signed-in person, as every page and socket knows them. */
export type Viewer = {
  userId: string;
  sessionId: string;
  email: string;
  name: string;
  timeZone: string | null;
};

export const sessionIdleDays = 30;
export const sessionDays = 180;

/** What stands in the database for a cookie's token. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Signs a browser in: a new row, and the token for its cookie (256 bits, told once). */
export async function insertSession(
  db: Db,
  { userId, userAgent, networkAddress }: { userId: string; userAgent: string; networkAddress: string },
): Promise<{ token: string; sessionId: string }> {
  const token = randomBytes(32).toString("base64url");
  const { id } = await db
    .insertInto("sessions")
    .values({
      token_hash: hashToken(token),
      user_id: userId,
      user_agent: userAgent.slice(0, 300),
      network_address: networkAddress,
      expires_at: sql<Date>`now() + make_interval(days => ${sessionDays})`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return { token, sessionId: id };
}

/**
 * The person behind a session cookie's token: undefined when the session was ended, was idle for too long, is past its
 * absolute end, or the account is switched off. Writes `last_seen_at` at most once in five minutes.
 */
export async function findViewer(db: Db, token: string): Promise<Viewer | undefined> {
  const [viewer] = await findViewers(db, [token]);
  return viewer;
}

/** The same for many tokens at once; answers in their order. */
export async function findViewers(db: Db, tokens: string[]): Promise<(Viewer | undefined)[]> {
  const hashes = tokens.map(hashToken);
  const rows = await db
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user_id")
    .select(["s.id as sessionId", "u.id as userId", "u.email", "u.name", "u.time_zone as timeZone"])
    .select(["s.token_hash", sql<boolean>`s.last_seen_at < now() - interval '5 minutes'`.as("stale")])
    .where(
      hashes.length === 1
        ? sql<boolean>`s.token_hash = ${hashes[0]}`
        : sql<boolean>`s.token_hash = any(${hashes}::bytea[])`,
    )
    .where("s.ended_at", "is", null)
    .where("s.expires_at", ">", sql<Date>`now()`)
    .where("s.last_seen_at", ">", sql<Date>`now() - make_interval(days => ${sessionIdleDays})`)
    .where("u.disabled_at", "is", null)
    .execute();
  const stale = rows.filter((row) => row.stale).map(({ sessionId }) => sessionId);
  // One that somebody else is writing is being written.
  if (stale.length > 0)
    await sql`
      update sessions set last_seen_at = now()
      where id in (select id from sessions where id = any(${stale}::uuid[]) for no key update skip locked)
    `.execute(db);
  const found = new Map(
    rows.map(({ stale: _stale, token_hash, ...viewer }) => [token_hash.toString("hex"), viewer]),
  );
  return hashes.map((hash) => found.get(hash.toString("hex")));
}

export type OpenSession = {
  id: string;
  userAgent: string;
  networkAddress: string;
  createdAt: Date;
  lastSeenAt: Date;
};

const isOpen = sql<boolean>`(ended_at is null and expires_at > now()
  and last_seen_at > now() - make_interval(days => ${sessionIdleDays}))`;

/** The sessions that a person is signed in with, the last seen first. */
export async function listSessions(db: Db, userId: string): Promise<OpenSession[]> {
  return db
    .selectFrom("sessions")
    .select([
      "id",
      "user_agent as userAgent",
      "network_address as networkAddress",
      "created_at as createdAt",
      "last_seen_at as lastSeenAt",
    ])
    .where("user_id", "=", userId)
    .where(isOpen)
    .orderBy("last_seen_at", "desc")
    .orderBy("id", "desc")
    .execute();
}

/**
 * Ends one session of this person, at once and everywhere: its pages and sockets are told, and a job takes it out of
 * rooms. False when they have no such session, or it was ended already.
 */
export async function endSession(
  db: Db,
  queue: Queue,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable("sessions")
      .set({ ended_at: sql`now()` })
      .where("id", "=", sessionId)
      .where("user_id", "=", userId)
      .where("ended_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (ended) await enforceAccess(trx, queue, [userId]);
    return ended !== undefined;
  });
}

/** Ends every session of this person but the one they ask from. Gives how many there were. */
export async function endOtherSessions(
  db: Db,
  queue: Queue,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable("sessions")
      .set({ ended_at: sql`now()` })
      .where("user_id", "=", userId)
      .where("id", "<>", sessionId)
      .where("ended_at", "is", null)
      .returning("id")
      .execute();
    if (ended.length > 0) await enforceAccess(trx, queue, [userId]);
    return ended.length;
  });
}
