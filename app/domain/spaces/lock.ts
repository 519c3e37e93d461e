import type { Transaction } from "kysely";
import type { Database } from "#db/client.ts";

/** Locks a space to the end of the transaction, for what is counted in it. False when there is none, or it is retired. */
export async function lockSpace(trx: Transaction<Database>, spaceId: string): Promise<boolean> {
  const space = await trx
    .selectFrom("spaces")
    .select("id")
    .where("id", "=", spaceId)
    .where("retired_at", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return space !== undefined;
}

/** Whether somebody is an owner of a space, which they then stay to the end of the transaction. */
export async function lockOwner(
  trx: Transaction<Database>,
  { spaceId, userId }: { spaceId: string; userId: string },
): Promise<boolean> {
  const owner = await trx
    .selectFrom("space_members")
    .select("user_id")
    .where("space_id", "=", spaceId)
    .where("user_id", "=", userId)
    .where("role", "=", "owner")
    .forShare()
    .executeTakeFirst();
  return owner !== undefined;
}
