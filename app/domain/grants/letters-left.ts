import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";

/** Of one space: letters about gifts go to people who never asked us for any. */
export const mostLettersADay = 1000;

/** How many letters a space may still send to people whom it gives something, of those of 24 hours. */
export async function countLettersLeft(db: Kysely<Database>, spaceId: string): Promise<number> {
  const { rows } = await sql<{ many: number }>`
    select count(*)::int as many from access_grants g join access_passes p on p.id = g.access_pass_id
    where p.space_id = ${spaceId} and g.source = 'given' and not g.letter_left_out
      and g.created_at > now() - interval '1 day'
  `.execute(db);
  return Math.max(0, mostLettersADay - (rows[0]?.many ?? 0));
}

/**
 * The same for who is about to send some: alone in its space to the end of the transaction, so that nobody counts the same
 * ones. To be called after `lockSeats` and before any row of a grant or a person is touched.
 */
export async function lockLettersLeft(trx: Transaction<Database>, spaceId: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`letters:${spaceId}`}, 0))`.execute(trx);
  return countLettersLeft(trx, spaceId);
}
