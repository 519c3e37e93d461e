import { sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";

type Trx = Transaction<Database>;

/**
 * Gives up what waits for endpoints that were just switched off, and that were locked `for update` before: then everything
 * is there that was being written for them, and what comes later sees them off.
 */
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
  // Locked as whoever writes messages for them waits for, and in the order in which they are locked there.
  const on = await trx
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("space_id", "=", spaceId)
    .where("made_by", "=", userId)
    .where("off_at", "is", null)
    .orderBy("id")
    .forUpdate()
    .execute();
  if (on.length === 0) return 0;
  const ids = on.map(({ id }) => id);
  await trx
    .updateTable("webhook_endpoints")
    .set({ off_at: sql`clock_timestamp()`, off_reason: "owner_left" })
    .where("id", "in", ids)
    .execute();
  await giveUpWaiting(trx, ids);
  return ids.length;
}
