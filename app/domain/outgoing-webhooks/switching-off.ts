import { sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";

type Trx = Transaction<Database>;

/** Gives up what waits for endpoints that were just switched off. */
export async function giveUpWaiting(trx: Trx, endpointIds: string[]): Promise<void> {
  await sql`
    update webhook_deliveries set status = 'given_up', next_try_at = null, ended_at = clock_timestamp(),
      last_problem = coalesce(last_problem, case when last_status is null then 'off' end)
    where endpoint_id = any(${endpointIds}::uuid[]) and status = 'waiting'
  `.execute(trx);
}

/**
 * Switches off a space's endpoints that are this person's, who is no owner any more: their server hears of nobody from
 * then on. Gives how many were on.
 */
export async function switchOffOf(
  trx: Trx,
  { spaceId, userId }: { spaceId: string; userId: string },
): Promise<number> {
  const off = await trx
    .updateTable("webhook_endpoints")
    .set({ off_at: sql`clock_timestamp()`, off_reason: "owner_left" })
    .where("space_id", "=", spaceId)
    .where("made_by", "=", userId)
    .where("off_at", "is", null)
    .returning("id")
    .execute();
  const ids = off.map(({ id }) => id);
  if (ids.length > 0) await giveUpWaiting(trx, ids);
  return ids.length;
}
