import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { enqueue, enqueueOnce, type Queue } from "#app/jobs/queue.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { signedHeaders } from "#app/services/webhook-signature.ts";
import type { Db } from "#db/client.ts";
import { giveUpWaiting } from "./switching-off.ts";

type Needs = Pick<Services, "db" | "queue" | "outgoingHttp" | "log">;

/** So many messages are on their way to one endpoint at a time; to one that fails, one. */
const atOnce = 4;
/** A worker that died with a message is missed after so long: more than a message can take. */
const claimSeconds = 30;
/** A job gives its place to the others after so long; the schedule goes on with what is left. */
const jobMs = 30_000;
/** Seconds from each try to the next. */
const waits = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200];
export const mostTries = waits.length + 1;
/** An endpoint that took nothing for a day, over at least so many tries, is switched off. */
const triesOfTheDead = 8;

type Claimed = {
  deliveryId: string;
  messageId: string;
  tries: number;
  type: string;
  body: unknown;
  at: Date;
  now: Date;
  url: string;
  secrets: string[];
};

/**
 * Sends what is due to one endpoint, some at once, until nothing is. May run twice and at once: each message is claimed
 * before it is sent, and an endpoint never has more than a few under way, so a slow one holds up nobody else.
 */
export async function deliverTo(services: Needs, { endpointId }: { endpointId: string }): Promise<void> {
  const until = performance.now() + jobMs;
  const lane = async () => {
    while (performance.now() < until) {
      const claimed = await claim(services.db, endpointId);
      if (!claimed) return;
      await deliver(services, { endpointId, claimed });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

async function claim(db: Db, endpointId: string): Promise<Claimed | undefined> {
  return db.transaction().execute(async (trx) => {
    // Locked first: two who count at once would each find the last place free.
    const endpoint = await trx
      .selectFrom("webhook_endpoints")
      .select([
        "url",
        "failing_since as failingSince",
        sql<
          string[]
        >`array_remove(array[secret, case when former_secret_until > now() then former_secret end], null)`.as(
          "secrets",
        ),
      ])
      .where("id", "=", endpointId)
      .where("off_at", "is", null)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!endpoint) return undefined;
    const { rows } = await sql<Omit<Claimed, "url" | "secrets">>`
      update webhook_deliveries d
      set tries = d.tries + 1, last_try_at = clock_timestamp(),
        claimed_until = clock_timestamp() + make_interval(secs => ${claimSeconds})
      from webhook_messages m
      where m.id = d.message_id and d.id = (
        select id from webhook_deliveries
        where endpoint_id = ${endpointId}::uuid and status = 'waiting' and next_try_at <= clock_timestamp()
          and (claimed_until is null or claimed_until <= clock_timestamp())
          and ${endpoint.failingSince ? 1 : atOnce} > (
            select count(*) from webhook_deliveries
            where endpoint_id = ${endpointId}::uuid and claimed_until > clock_timestamp())
        order by next_try_at, id limit 1
      )
      returning d.id as "deliveryId", d.message_id as "messageId", d.tries, m.type, m.body, m.created_at as at,
        clock_timestamp() as now
    `.execute(trx);
    return rows[0] && { ...rows[0], url: endpoint.url, secrets: endpoint.secrets };
  });
}

type Outcome = { status: number | null; problem: string | null };

async function deliver(
  { db, queue, outgoingHttp, log }: Needs,
  { endpointId, claimed }: { endpointId: string; claimed: Claimed },
): Promise<void> {
  const { deliveryId, messageId, type, at, now, url, secrets } = claimed;
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data: claimed.body });
  const headers = {
    "content-type": "application/json",
    "user-agent": "Frontrow-Webhooks",
    ...signedHeaders({ id: messageId, at: now, body, secrets }),
  };
  let outcome: Outcome;
  try {
    const { status } = await outgoingHttp.post(url, { headers, body });
    outcome = { status, problem: null };
  } catch (error) {
    if (!isServiceError(error)) throw error;
    outcome = { status: null, problem: error.code };
  }
  log.debug({ endpointId, deliveryId, ...outcome }, "a webhook was sent");
  await record(db, queue, { endpointId, claimed, outcome });
}

/** Keeps what became of a try, unless the message was taken up again by somebody else, for whom it is not over. */
async function record(
  db: Db,
  queue: Queue,
  { endpointId, claimed, outcome }: { endpointId: string; claimed: Claimed; outcome: Outcome },
): Promise<void> {
  const { deliveryId, tries } = claimed;
  const { status, problem } = outcome;
  const taken = status !== null && status >= 200 && status < 300;
  const wait = waits[tries - 1];
  // Spread out, and stretched a little, so that the last try comes when a whole day is over.
  const seconds = wait === undefined ? null : wait * (1.06 + 0.14 * Math.random());
  await db.transaction().execute(async (trx) => {
    const endpoint = trx.selectFrom("webhook_endpoints").select("id").where("id", "=", endpointId);
    // What was not taken may switch it off: whoever is writing a message for it is waited for.
    await (taken ? endpoint.forNoKeyUpdate() : endpoint.forUpdate()).executeTakeFirst();
    const { rows } = await sql`
      update webhook_deliveries set claimed_until = null, last_status = ${status}, last_problem = ${problem},
        status = case when ${taken} then 'taken' when ${seconds}::float8 is null then 'given_up' else 'waiting' end
          ::webhook_delivery_status,
        next_try_at = case when not ${taken}
          then clock_timestamp() + make_interval(secs => ${seconds}::float8) end,
        ended_at = case when ${taken} or ${seconds}::float8 is null then clock_timestamp() end
      where id = ${deliveryId}::uuid and status = 'waiting' and tries = ${tries}
      returning id
    `.execute(trx);
    if (rows.length === 0) return;
    if (taken) {
      await trx
        .updateTable("webhook_endpoints")
        .set({ failing_since: null, failed_tries: 0 })
        .where("id", "=", endpointId)
        .where("failing_since", "is not", null)
        .execute();
      return;
    }
    const off = await sql<{ off: boolean }>`
      update webhook_endpoints
      set failing_since = coalesce(failing_since, clock_timestamp()), failed_tries = failed_tries + 1,
        off_at = case when ${status}::int = 410
          or (failing_since <= clock_timestamp() - interval '1 day' and failed_tries + 1 >= ${triesOfTheDead})
          then clock_timestamp() end,
        off_reason = case when ${status}::int = 410 then 'gone'
          when failing_since <= clock_timestamp() - interval '1 day' and failed_tries + 1 >= ${triesOfTheDead}
          then 'dead' end::webhook_endpoint_off_reason
      where id = ${endpointId}::uuid and off_at is null
      returning off_at is not null as off
    `.execute(trx);
    if (!off.rows[0]?.off) return;
    await giveUpWaiting(trx, [endpointId]);
    await enqueue(trx, queue, "webhook.off-mail", { endpointId });
  });
}

/** Gives those endpoints a job for which something is due and nobody works. Gives how many. */
export async function requeueDeliveries(db: Db, queue: Queue): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ endpointId: string }>`
      select e.id as "endpointId" from webhook_endpoints e
      where e.off_at is null
        and exists (
          select from webhook_deliveries d
          where d.endpoint_id = e.id and d.status = 'waiting' and d.next_try_at <= clock_timestamp())
        and not exists (
          select from webhook_deliveries d
          where d.endpoint_id = e.id and d.status = 'waiting' and d.claimed_until > clock_timestamp())
      limit 200
    `.execute(trx);
    // In the order of everybody who does this, so that nobody locks anybody out.
    for (const endpointId of rows.map((row) => row.endpointId).sort())
      await enqueueOnce(trx, queue, "webhook.deliver", { endpointId }, endpointId);
    return rows.length;
  });
}
