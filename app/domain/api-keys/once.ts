import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { joined } from "#db/joined.ts";
import type { Json } from "#db/types.ts";

export type Answer = { status: number; body: Json };

export type Once =
  | { ok: true; answer: Answer; replayed: boolean }
  /** `other_request`: the key came with another request before. `running`: the first one has no answer yet. */
  | { ok: false; reason: "other_request" | "running" };

/**
 * Answers a request that changes something. All of it is one transaction, with the answer kept under the request's
 * key for a day: it was done and answered, or nothing was. The same request with the same key is given the same answer
 * again, and does nothing. "Not now" (429, 5xx) is not kept: the same request may be done later. Without a key it is done
 * each time. `run` gets the database of that transaction.
 */
export async function answerOnce(
  db: Db,
  { spaceId, key, hash }: { spaceId: string; key: string | undefined; hash: Buffer },
  run: (db: Db) => Promise<Answer>,
): Promise<Once> {
  return db.transaction().execute(async (trx): Promise<Once> => {
    if (key === undefined) return { ok: true, answer: await run(joined(trx)), replayed: false };
    // Held until the transaction ends, and gone with a process that dies.
    const { rows: locks } = await sql<{ taken: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(${`api:${spaceId}:${key}`}, 0)) as taken
    `.execute(trx);
    if (!locks[0]?.taken) return { ok: false, reason: "running" };
    await sql`
      delete from api_idempotency_keys
      where space_id = ${spaceId}::uuid and key = ${key} and created_at < now() - interval '1 day'
    `.execute(trx);
    const kept = await trx
      .selectFrom("api_idempotency_keys")
      .select(["request_hash", "status", "body"])
      .where("space_id", "=", spaceId)
      .where("key", "=", key)
      .executeTakeFirst();
    if (kept) {
      if (!kept.request_hash.equals(hash)) return { ok: false, reason: "other_request" };
      return { ok: true, answer: { status: kept.status, body: kept.body }, replayed: true };
    }
    const answer = await run(joined(trx));
    if (answer.status === 429 || answer.status >= 500) return { ok: true, answer, replayed: false };
    await trx
      .insertInto("api_idempotency_keys")
      .values({
        space_id: spaceId,
        key,
        request_hash: hash,
        status: answer.status,
        body: JSON.stringify(answer.body),
      })
      .execute();
    return { ok: true, answer, replayed: false };
  });
}
