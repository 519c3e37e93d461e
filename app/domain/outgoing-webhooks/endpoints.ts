import { sql } from "kysely";
import { newWebhookSecret } from "#app/services/webhook-signature.ts";
import type { Db } from "#db/client.ts";
import type { WebhookEndpointOffReason } from "#db/types.ts";
import type { EventType } from "./event-types.ts";
import { lockOwner, lockSpace } from "../spaces/lock.ts";

export const mostEndpoints = 20;
/** So long both secrets sign, after one was replaced. */
export const bothSignHours = 24;

type OfSpace = { spaceId: string; endpointId: string };

export type EndpointRefusal = { ok: false; reason: "gone" | "made_before" | "too_many" };

/**
 * Adds an address that a space's messages go to. Its secret is shown once, to whoever added it. Refuses a retired space and
 * who is no owner of it (`gone`), a form that added its endpoint before (`made_before`), and more than 20 of a space.
 */
export async function insertEndpoint(
  db: Db,
  {
    spaceId,
    actorId,
    formKey,
    url,
    events,
  }: { spaceId: string; actorId: string; formKey: string; url: string; events: EventType[] },
): Promise<{ ok: true; endpointId: string; secret: string } | EndpointRefusal> {
  const secret = newWebhookSecret();
  return db.transaction().execute(async (trx) => {
    if (!(await lockSpace(trx, spaceId))) return { ok: false, reason: "gone" };
    if (!(await lockOwner(trx, { spaceId, userId: actorId }))) return { ok: false, reason: "gone" };
    const { rows } = await sql<{ id: string }>`
      insert into webhook_endpoints (space_id, url, events, secret, form_key, made_by)
      select ${spaceId}::uuid, ${url}, ${inOrder(events)}::text[], ${secret}, ${formKey}::uuid, ${actorId}::uuid
      where (select count(*) from webhook_endpoints where space_id = ${spaceId}::uuid) < ${mostEndpoints}
      on conflict (form_key) do nothing
      returning id
    `.execute(trx);
    if (rows[0]) return { ok: true, endpointId: rows[0].id, secret };
    const before = await trx
      .selectFrom("webhook_endpoints")
      .select("id")
      .where("form_key", "=", formKey)
      .executeTakeFirst();
    return { ok: false, reason: before ? "made_before" : "too_many" };
  });
}

const inOrder = (events: EventType[]) => [...new Set(events)].sort();

export type Endpoint = {
  id: string;
  url: string;
  events: EventType[];
  /** Whose it is: the mail address of the owner who added it, or changed it or switched it on last. */
  madeBy: string;
  madeAt: Date;
  failingSince: Date | null;
  offAt: Date | null;
  offReason: WebhookEndpointOffReason | null;
  /** Until then the secret before signs too. */
  formerSecretUntil: Date | null;
};

/** Where the messages of a space go, the oldest first. */
export async function listEndpoints(db: Db, spaceId: string): Promise<Endpoint[]> {
  return endpoints(db).where("e.space_id", "=", spaceId).orderBy("e.id").execute();
}

/** One endpoint of this space. */
export async function findEndpoint(db: Db, { spaceId, endpointId }: OfSpace): Promise<Endpoint | undefined> {
  return endpoints(db).where("e.id", "=", endpointId).where("e.space_id", "=", spaceId).executeTakeFirst();
}

const endpoints = (db: Db) =>
  db
    .selectFrom("webhook_endpoints as e")
    .innerJoin("users as u", "u.id", "e.made_by")
    .select(["e.id", "e.url", sql<EventType[]>`e.events`.as("events"), "u.email as madeBy"])
    .select(["e.created_at as madeAt", "e.failing_since as failingSince"])
    .select(["e.off_at as offAt", "e.off_reason as offReason"])
    .select(
      sql<Date | null>`case when e.former_secret_until > now() then e.former_secret_until end`.as(
        "formerSecretUntil",
      ),
    );

/** Which space an endpoint belongs to; undefined when there is none. */
export async function findSpaceOfEndpoint(db: Db, endpointId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("webhook_endpoints")
    .select("space_id")
    .where("id", "=", endpointId)
    .executeTakeFirst();
  return row?.space_id;
}

/**
 * Changes where messages go and which, and the endpoint is then this owner's; what waits goes to the new address. False when
 * it is not this space's, or when this is no owner any more.
 */
export async function updateEndpoint(
  db: Db,
  {
    spaceId,
    endpointId,
    actorId,
    url,
    events,
  }: OfSpace & { actorId: string; url: string; events: EventType[] },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockOwner(trx, { spaceId, userId: actorId }))) return false;
    const changed = await trx
      .updateTable("webhook_endpoints")
      .set({ url, events: inOrder(events), made_by: actorId })
      .where("id", "=", endpointId)
      .where("space_id", "=", spaceId)
      .returning("id")
      .executeTakeFirst();
    return changed !== undefined;
  });
}

/**
 * Replaces the secret, and gives the new one, once. The one before signs beside it for a day; one that was still
 * signing from the time before that ends now. Undefined when it is not this space's, or when `seen`, the
 * replacement that the page showed, is not the last one any more: the same press, sent twice, replaces it once.
 */
export async function rotateSecret(
  db: Db,
  { spaceId, endpointId, seen }: OfSpace & { seen: Date | null },
): Promise<{ secret: string } | undefined> {
  const secret = newWebhookSecret();
  const { rows } = await sql`
    update webhook_endpoints
    set secret = ${secret}, former_secret = secret,
      -- Whole milliseconds, as pages give it back.
      former_secret_until = date_trunc('milliseconds', clock_timestamp() + make_interval(hours => ${bothSignHours}))
    where id = ${endpointId}::uuid and space_id = ${spaceId}::uuid
      and case when former_secret_until > now() then former_secret_until end is not distinct from ${seen}::timestamptz
    returning id
  `.execute(db);
  return rows.length > 0 ? { secret } : undefined;
}

/**
 * Switches an endpoint on again, which is then this owner's. What was given up meanwhile is not sent by itself. False when
 * it is not off, or when this is no owner any more.
 */
export async function switchOn(
  db: Db,
  { spaceId, endpointId, actorId }: OfSpace & { actorId: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockOwner(trx, { spaceId, userId: actorId }))) return false;
    const changed = await trx
      .updateTable("webhook_endpoints")
      .set({ off_at: null, off_reason: null, off_mailed_at: null, failing_since: null, failed_tries: 0 })
      .set({ made_by: actorId })
      .where("id", "=", endpointId)
      .where("space_id", "=", spaceId)
      .where("off_at", "is not", null)
      .returning("id")
      .executeTakeFirst();
    return changed !== undefined;
  });
}

/** Removes an endpoint with its log; what waits for it is not sent. False when it is not this space's. */
export async function deleteEndpoint(db: Db, { spaceId, endpointId }: OfSpace): Promise<boolean> {
  const deleted = await db
    .deleteFrom("webhook_endpoints")
    .where("id", "=", endpointId)
    .where("space_id", "=", spaceId)
    .returning("id")
    .executeTakeFirst();
  return deleted !== undefined;
}
