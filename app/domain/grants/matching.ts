import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";

const escape = (text: string) => text.replaceAll(/[\\%_]/g, "\\$&");

/** What the index `users_found` is on: an address and a name, which no search can span. */
const found = sql`(u.email || E'\\n' || u.name)`;

/** Whether a text is a part of the address or the name of a person `u`, in any case. */
export function isCalled(text: string): RawBuilder<boolean> {
  return sql<boolean>`${found} ilike ${`%${escape(text)}%`}`;
}

/** The index has runs of three letters: what has none is not found by it. */
const isInIndex = (text: string) => /[\p{L}\p{N}]{3}/u.test(text);

/** The ids of everybody who is called so, wherever they are; undefined when they are more than `most`, or cannot be looked up. */
export async function findCalled(db: Db, text: string, most: number): Promise<string[] | undefined> {
  if (!isInIndex(text)) return undefined;
  const { rows } = await sql<{ id: string }>`
    with called as materialized (select u.id from users u where ${isCalled(text)})
    select id from called limit ${most + 1}
  `.execute(db);
  return rows.length > most ? undefined : rows.map(({ id }) => id);
}
