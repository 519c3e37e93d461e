import { sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";

type Trx = Transaction<Database>;
type Of = { passId: string; userIds: string[] };

/** Those of these addresses who were here before, by address. */
export async function findPeople(
  trx: Trx,
  addresses: string[],
): Promise<Map<string, { id: string; disabled: boolean }>> {
  const { rows } = await sql<{ id: string; email: string; disabled: boolean }>`
    select id, email, disabled_at is not null as disabled from users where email = any(${addresses}::text[])
  `.execute(trx);
  return new Map(rows.map(({ email, ...person }) => [email, person]));
}

/** Makes people with these addresses. Gives the ids by address, also of those whom another made at this moment. */
export async function insertPeople(trx: Trx, addresses: string[]): Promise<Map<string, string>> {
  if (addresses.length === 0) return new Map();
  // In one order, so that two lists that name the same people wait for each other and do not lock each other out.
  await sql`
    insert into users (email) select address from unnest(${addresses}::text[]) as address order by address
    on conflict (email) do nothing
  `.execute(trx);
  return new Map([...(await findPeople(trx, addresses))].map(([address, { id }]) => [address, id]));
}

/** Who of these people holds a pass. */
export async function listHolders(trx: Trx, { passId, userIds }: Of): Promise<Set<string>> {
  const { rows } = await sql<{ userId: string }>`
    select user_id as "userId" from access_grants
    where access_pass_id = ${passId} and user_id = any(${userIds}::uuid[]) and status = 'active'
  `.execute(trx);
  return new Set(rows.map(({ userId }) => userId));
}

/** Who of these people waits for a seat of a pass, or has one kept for them. */
export async function listWaiting(trx: Trx, { passId, userIds }: Of): Promise<Set<string>> {
  const { rows } = await sql<{ userId: string }>`
    select user_id as "userId" from access_pass_waits
    where access_pass_id = ${passId} and user_id = any(${userIds}::uuid[]) and outcome is null
  `.execute(trx);
  return new Set(rows.map(({ userId }) => userId));
}
