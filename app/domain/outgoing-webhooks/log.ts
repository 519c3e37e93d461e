import { sql, type Transaction } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import type { WebhookDeliveryStatus } from "#db/types.ts";
import { insertMessages } from "./announce.ts";
import { testType } from "./event-types.ts";

export type Delivery = {
  id: string;
  messageId: string;
  type: string;
  at: Date;
  status: WebhookDeliveryStatus;
  tries: number;
  nextTryAt: Date | null;
  lastTryAt: Date | null;
  lastStatus: number | null;
  lastProblem: string | null;
};

/** What was sent to an endpoint or waits for it, the newest first, `most` from `offset` on, with how many there are. */
export async function listDeliveries(
  db: Db,
  { endpointId, most, offset = 0 }: { endpointId: string; most: number; offset?: number },
): Promise<{ deliveries: Delivery[]; total: number }> {
  const { rows } = await sql<Delivery & { total: number }>`
    select d.id, d.message_id as "messageId", m.type, m.created_at as at, d.status, d.tries,
      d.next_try_at as "nextTryAt", d.last_try_at as "lastTryAt", d.last_status as "lastStatus",
      d.last_problem as "lastProblem", count(*) over ()::int as total
    from webhook_deliveries d join webhook_messages m on m.id = d.message_id
    where d.endpoint_id = ${endpointId}::uuid
    order by d.id desc limit ${most} offset ${offset}
  `.execute(db);
  return { deliveries: rows.map(({ total: _, ...delivery }) => delivery), total: rows[0]?.total ?? 0 };
}

type OfEndpoint = { spaceId: string; endpointId: string };

/** Whether an endpoint of this space is on, which it then stays to the end of the transaction. */
async function lockOn(trx: Transaction<Database>, { spaceId, endpointId }: OfEndpoint): Promise<boolean> {
  const endpoint = await trx
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("id", "=", endpointId)
    .where("space_id", "=", spaceId)
    .where("off_at", "is", null)
    .forKeyShare()
    .executeTakeFirst();
  return endpoint !== undefined;
}

/** Sends a message of no consequence to an endpoint that is on. False when it is off, or not this space's. */
export async function sendTest(db: Db, queue: Queue, { spaceId, endpointId }: OfEndpoint): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockOn(trx, { spaceId, endpointId }))) return false;
    const messages = [{ spaceId, body: { endpoint_id: endpointId } }];
    await insertMessages(trx, queue, { type: testType, messages, endpointIds: [endpointId] });
    return true;
  });
}

/**
 * Sends a message again that was taken or given up, or one that waits for its next try at once, with all its tries
 * before it. False when it is not this endpoint's, is being sent right now, or when the endpoint is off.
 */
export async function resendDelivery(
  db: Db,
  queue: Queue,
  { spaceId, endpointId, deliveryId }: OfEndpoint & { deliveryId: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockOn(trx, { spaceId, endpointId }))) return false;
    const { rows } = await sql`
      update webhook_deliveries
      set status = 'waiting', tries = 0, next_try_at = clock_timestamp(), claimed_until = null, ended_at = null
      where id = ${deliveryId}::uuid and endpoint_id = ${endpointId}::uuid
        and (claimed_until is null or claimed_until <= clock_timestamp())
      returning id
    `.execute(trx);
    if (rows.length === 0) return false;
    await enqueue(trx, queue, "webhook.deliver", { endpointId });
    return true;
  });
}
