import { createHash, randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { linkCode } from "../people/link-codes.ts";

/** What is kept of the code in a calendar's address, and what it is found by. */
const hashOf = (code: string): Buffer => createHash("sha256").update(code).digest();
const codeOf = (secrets: string[], id: string) => linkCode(secrets, "calendar", id);

export type Feed = {
  /** Which address it is: another one has another id. */
  id: string;
  madeAt: Date;
  /** The code of the address; undefined when the server has other keys than when it was made. It works all the same. */
  code: string | undefined;
};

/** The address of a person's calendar, for themselves; undefined while they have none. */
export async function findFeed(
  db: Db,
  secrets: string[],
  { userId }: { userId: string },
): Promise<Feed | undefined> {
  const row = await db
    .selectFrom("calendar_feeds")
    .select(["id", "token_hash", "made_at"])
    .where("person_id", "=", userId)
    .executeTakeFirst();
  if (!row) return undefined;
  const code = secrets
    .map((secret) => codeOf([secret], row.id))
    .find((code) => hashOf(code).equals(row.token_hash));
  return { id: row.id, madeAt: row.made_at, code };
}

/** Makes an address for a person's calendar. Whoever has one keeps it: a second press makes no other. */
export async function insertFeed(db: Db, secrets: string[], { userId }: { userId: string }): Promise<void> {
  const id = randomUUID();
  await db
    .insertInto("calendar_feeds")
    .values({ person_id: userId, id, token_hash: hashOf(codeOf(secrets, id)) })
    .onConflict((conflict) => conflict.column("person_id").doNothing())
    .execute();
}

/**
 * Puts another address in place of the one with this id, which is dead from then on. False when the person has no such
 * one (any more): a second press changes nothing.
 */
export async function renewFeed(
  db: Db,
  secrets: string[],
  { userId, feedId }: { userId: string; feedId: string },
): Promise<boolean> {
  const id = randomUUID();
  const renewed = await db
    .updateTable("calendar_feeds")
    .set({ id, token_hash: hashOf(codeOf(secrets, id)), made_at: sql`now()` })
    .where("person_id", "=", userId)
    .where("id", "=", feedId)
    .returning("id")
    .executeTakeFirst();
  return renewed !== undefined;
}

/** Takes a person's calendar off its address, for good. False when there was none. */
export async function revokeFeed(db: Db, { userId }: { userId: string }): Promise<boolean> {
  const revoked = await db
    .deleteFrom("calendar_feeds")
    .where("person_id", "=", userId)
    .returning("id")
    .executeTakeFirst();
  return revoked !== undefined;
}

/** Whose calendar is at the address with this code; undefined when there is none, or their account is switched off. */
export async function findFeedOwner(db: Db, code: string): Promise<string | undefined> {
  if (!/^[\w-]{43}$/.test(code)) return undefined;
  const row = await db
    .selectFrom("calendar_feeds as f")
    .innerJoin("users as u", "u.id", "f.person_id")
    .select("u.id")
    .where("f.token_hash", "=", hashOf(code))
    .where("u.disabled_at", "is", null)
    .executeTakeFirst();
  return row?.id;
}
