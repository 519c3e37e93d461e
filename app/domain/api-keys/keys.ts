import { createHash, randomBytes } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";
import { type Scope, scopes } from "./scopes.ts";
import { lockOwner, lockSpace } from "../spaces/lock.ts";

/** How many keys of a space may work at a time. */
export const mostKeys = 50;

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();

export type KeyRefusal = { ok: false; reason: "gone" | "made_before" | "too_many" };

/**
 * Makes a key of a space. Its secret (256 bits) is given back here and nowhere else: only its hash is kept. Refuses a
 * retired space and who is no owner of it (`gone`), a form that made its key before (`made_before`), and more than 50 keys that work.
 */
export async function insertKey(
  db: Db,
  {
    spaceId,
    actorId,
    formKey,
    name,
    scopes,
  }: { spaceId: string; actorId: string; formKey: string; name: string; scopes: Scope[] },
): Promise<{ ok: true; keyId: string; secret: string } | KeyRefusal> {
  const secret = `frk_${randomBytes(32).toString("base64url")}`;
  return db.transaction().execute(async (trx) => {
    // Alone in its space: what is counted is what is there.
    if (!(await lockSpace(trx, spaceId))) return { ok: false, reason: "gone" };
    if (!(await lockOwner(trx, { spaceId, userId: actorId }))) return { ok: false, reason: "gone" };
    const { rows } = await sql<{ id: string }>`
      insert into api_keys (space_id, name, prefix, secret_hash, scopes, form_key, made_by)
      select ${spaceId}::uuid, ${name}, ${secret.slice(0, 12)}, ${hashOf(secret)}, ${inOrder(scopes)}::text[],
        ${formKey}::uuid, ${actorId}::uuid
      where (select count(*) from api_keys where space_id = ${spaceId}::uuid and revoked_at is null) < ${mostKeys}
      on conflict (form_key) do nothing
      returning id
    `.execute(trx);
    const [made] = rows;
    if (made) return { ok: true, keyId: made.id, secret };
    const before = await trx
      .selectFrom("api_keys")
      .select("id")
      .where("form_key", "=", formKey)
      .executeTakeFirst();
    return { ok: false, reason: before ? "made_before" : "too_many" };
  });
}

const inOrder = (chosen: Scope[]) => [...new Set(chosen)].sort();

export type ListedKey = {
  id: string;
  name: string;
  /** The first characters of its secret. */
  prefix: string;
  scopes: Scope[];
  madeBy: string;
  madeAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  /** Revoked, because who made it is no owner any more. */
  ownerLeft: boolean;
};

/** The keys of a space, those that work first, the newest of each first; of revoked ones the last hundred. */
export async function listKeys(db: Db, spaceId: string): Promise<ListedKey[]> {
  return keys(db)
    .where("k.space_id", "=", spaceId)
    .orderBy(sql`k.revoked_at is not null`)
    .orderBy("k.id", "desc")
    .limit(mostKeys + 100)
    .execute();
}

/** One key of this space. */
export async function findKey(
  db: Db,
  { spaceId, keyId }: { spaceId: string; keyId: string },
): Promise<ListedKey | undefined> {
  return keys(db).where("k.id", "=", keyId).where("k.space_id", "=", spaceId).executeTakeFirst();
}

const keys = (db: Db) =>
  db
    .selectFrom("api_keys as k")
    .innerJoin("users as u", "u.id", "k.made_by")
    .select([
      "k.id",
      "k.name",
      "k.prefix",
      sql<Scope[]>`k.scopes`.as("scopes"),
      sql<string>`coalesce(nullif(u.name, ''), u.email)`.as("madeBy"),
      "k.created_at as madeAt",
      "k.last_used_at as lastUsedAt",
      "k.revoked_at as revokedAt",
      "k.owner_left as ownerLeft",
    ]);

/** Which space a key belongs to; undefined when there is no such key. */
export async function findSpaceOfKey(db: Db, keyId: string): Promise<string | undefined> {
  const row = await db.selectFrom("api_keys").select("space_id").where("id", "=", keyId).executeTakeFirst();
  return row?.space_id;
}

/** Revokes a key, at once and for good. False when it is not this space's, or was revoked before. */
export async function revokeKey(
  db: Db,
  { spaceId, keyId, actorId }: { spaceId: string; keyId: string; actorId: string },
): Promise<boolean> {
  const revoked = await db
    .updateTable("api_keys")
    .set({ revoked_at: sql`clock_timestamp()`, revoked_by: actorId })
    .where("id", "=", keyId)
    .where("space_id", "=", spaceId)
    .where("revoked_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return revoked !== undefined;
}

/** Revokes a space's keys that this person made, who is no owner any more. Gives how many there were. */
export async function revokeKeysOf(
  trx: Transaction<Database>,
  { spaceId, userId, actorId }: { spaceId: string; userId: string; actorId: string },
): Promise<number> {
  const revoked = await trx
    .updateTable("api_keys")
    .set({ revoked_at: sql`clock_timestamp()`, revoked_by: actorId, owner_left: true })
    .where("space_id", "=", spaceId)
    .where("made_by", "=", userId)
    .where("revoked_at", "is", null)
    .returning("id")
    .execute();
  return revoked.length;
}

/** Who calls the API: the space of their key, and the owner who made it, in whose name it acts. */
export type Caller = { keyId: string; spaceId: string; userId: string; scopes: Scope[] };

/**
 * Who calls with this secret; undefined for what is no key, one that was revoked, of a space that has closed, or made by
 * somebody who is not an owner there any more: a key never outlives the right of who made it. Notes that it was used,
 * at most once a minute.
 */
export async function findCaller(db: Db, secret: string): Promise<Caller | undefined> {
  if (!/^frk_[\w-]{43}$/.test(secret)) return undefined;
  const { rows } = await sql<Caller & { stale: boolean }>`
    select k.id as "keyId", k.space_id as "spaceId", k.made_by as "userId", k.scopes,
      coalesce(k.last_used_at < clock_timestamp() - interval '1 minute', true) as stale
    from api_keys k
    join spaces s on s.id = k.space_id and s.retired_at is null
    join space_members m on m.space_id = k.space_id and m.user_id = k.made_by and m.role = 'owner'
    join users u on u.id = k.made_by and u.disabled_at is null
    where k.secret_hash = ${hashOf(secret)} and k.revoked_at is null
  `.execute(db);
  const [found] = rows;
  if (!found) return undefined;
  const { stale, ...caller } = found;
  if (stale) {
    await sql`
      update api_keys set last_used_at = clock_timestamp() where id = ${caller.keyId}::uuid
        and coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)
    `.execute(db);
  }
  return { ...caller, scopes: caller.scopes.filter((scope) => scopes.includes(scope)) };
}
