import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { signIn } from "#tests/factories.ts";

export type Arrival = { cookie: string; address: string };

/** People who are signed in and hold the pass; gives their cookies, each with a network address of their own. */
export async function insertCrowd(
  db: Db,
  { passId, count }: { passId: string; count: number },
): Promise<Arrival[]> {
  const { rows: people } = await sql<{ id: string }>`
    with people as (
      insert into users (email) select 'crowd-' || n || '@example.com' from generate_series(1, ${count}::int) n
      returning id
    ), granted as (
      insert into access_grants (access_pass_id, user_id, source) select ${passId}::uuid, id, 'given' from people
    )
    select id from people
  `.execute(db);
  const cookies: string[] = [];
  while (cookies.length < count) {
    const some = people.slice(cookies.length, cookies.length + 20);
    const signedIn = await Promise.all(some.map(({ id }) => signIn(db, id)));
    cookies.push(...signedIn.map(({ cookie }) => cookie));
  }
  // A database that has stood for a minute knows how large its tables are: autovacuum tells it.
  await sql`analyze users, access_grants, sessions`.execute(db);
  return cookies.map((cookie, index) => ({
    cookie,
    address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
  }));
}
