import { sql, type Transaction } from "kysely";
import { findAccess, grantOf, mayJoinAs } from "#app/domain/access/decision.ts";
import { findObstacle } from "#app/domain/devices/places.ts";
import { listOwners } from "#app/domain/participants/participants.ts";
import { type MailEvent, takeMailEvents } from "#app/domain/mail/failures.ts";
import { takeAnnouncement } from "#app/domain/recordings/attempts.ts";
import { enqueue, enqueueOnce, type Queue } from "#app/jobs/queue.ts";
import { readWebhookBody, type WebhookNews } from "#app/services/livekit-webhooks.ts";
import { isId } from "#app/domain/text.ts";
import type { Database, Db } from "#db/client.ts";
import type { Json } from "#db/types.ts";

export type WebhookProvider = "livekit" | "chat";

/**
 * Writes a verified webhook down, and its job in the same transaction. False when it came before: the same id is taken
 * once, however often and late it is delivered. What `body` holds of secrets stays out.
 */
export async function insertWebhookEvent(
  db: Db,
  queue: Queue,
  {
    provider,
    eventId,
    kind,
    body,
  }: { provider: WebhookProvider; eventId: string; kind: string; body: unknown },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto("webhook_events")
      .values({ provider, event_id: eventId, kind, body: JSON.stringify(withoutSecrets(body)) })
      .onConflict((conflict) => conflict.doNothing())
      .returning("event_id")
      .executeTakeFirst();
    if (!inserted) return false;
    await enqueue(trx, queue, "webhook.process", { provider, eventId });
    return true;
  });
}

/**
 * Does what a webhook calls for, once: the change and the mark that it was processed are one transaction, and a row
 * that somebody else holds or has processed is left alone. A kind that means nothing to us is only marked.
 */
export async function processWebhookEvent(
  { db, queue }: { db: Db; queue: Queue },
  { provider, eventId }: { provider: string; eventId: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const event = await trx
      .updateTable("webhook_events")
      .set({ processed_at: sql`clock_timestamp()` })
      .where("provider", "=", provider)
      .where("event_id", "=", eventId)
      .where("processed_at", "is", null)
      .returning("body")
      .executeTakeFirst();
    if (!event) return;
    const news: WebhookNews = readWebhookBody(event.body);
    if (news.kind === "egress") await takeAnnouncement(trx, queue, news.announcement);
    if (news.kind === "track") {
      const waiting = await trx
        .selectFrom("streaming_recordings as r")
        .select("r.id")
        .where(sql`r.stream_id::text`, "=", news.streamId)
        .where("r.status", "=", "starting")
        .executeTakeFirst();
      if (waiting) await enqueue(trx, queue, "recording.start", { recordingId: waiting.id });
    }
    if (news.kind === "joined" && isId(news.streamId) && !(await mayBeThere(trx, news)))
      await enqueue(trx, queue, "room.sweep", { streamId: news.streamId });
  });
}

export type ChatEvent = {
  eventId: string;
  kind: string;
  channelId: string | null;
  messageId: string | null;
  /** Ids only: what people say is in our own rows, and nowhere else. */
  body: Json;
};

/**
 * Writes down what the chat service told us, many deliveries at once, each body once. A message that we do not have, or
 * that is not as ours is, has the channel compared: nothing in a webhook is taken over. Gives how many were new.
 */
export async function insertChatEvents(db: Db, queue: Queue, events: ChatEvent[]): Promise<number> {
  const unique = [...new Map(events.map((event) => [event.eventId, event])).values()];
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ stream_id: string | null; differs: boolean }>`
      with told as (
        select * from unnest(
          ${unique.map(({ eventId }) => eventId)}::text[], ${unique.map(({ kind }) => kind)}::text[],
          ${unique.map(({ channelId }) => channelId)}::text[], ${unique.map(({ messageId }) => messageId)}::text[],
          ${unique.map(({ body }) => JSON.stringify(body))}::jsonb[]
        ) as t (event_id, kind, channel_id, message_id, body)
      ), written as (
        insert into webhook_events (provider, event_id, kind, body, processed_at)
        select 'chat', event_id, kind, body, clock_timestamp() from told
        on conflict do nothing
        returning event_id
      )
      select r.stream_id,
        case t.kind
          when 'message.new' then m.id is null or m.status <> 'shown'
          when 'message.undeleted' then m.id is null or m.status <> 'shown'
          when 'message.deleted' then m.status = 'shown'
          when 'message.updated' then true
          when 'member.added' then true
          when 'channel.deleted' then true
          when 'channel.truncated' then true
          else false
        end as differs
      from written w
      join told t on t.event_id = w.event_id
      left join streaming_chat_rooms r on r.channel_id = t.channel_id
      left join streaming_chat_messages m on m.id::text = t.message_id and m.stream_id = r.stream_id
    `.execute(trx);
    const differing = new Set(
      rows.flatMap(({ stream_id, differs }) => (stream_id && differs ? [stream_id] : [])),
    );
    // In one order, so that two who do this at once do not lock each other out.
    for (const streamId of [...differing].sort())
      await enqueueOnce(trx, queue, "chat.compare", { streamId }, streamId);
    return rows.length;
  });
}

/**
 * Takes what a mail provider told, each delivery once: false when it came before. What it says is done in the same transaction
 * and not kept: only how much it was.
 */
export async function insertMailEvents(
  db: Db,
  { eventId, events }: { eventId: string; events: MailEvent[] },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto("webhook_events")
      .values({
        provider: "mail",
        event_id: eventId.slice(0, 200),
        kind: "mail",
        body: JSON.stringify({ events: events.length }),
        processed_at: sql`clock_timestamp()`,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("event_id")
      .executeTakeFirst();
    if (!inserted) return false;
    await takeMailEvents(trx, events);
    return true;
  });
}

/** A token that was given before opens a room again, also when its person, or this device, may not be there any more. */
async function mayBeThere(
  trx: Transaction<Database>,
  { streamId, identity }: { streamId: string; identity: string },
): Promise<boolean> {
  const owner = (await listOwners(trx, { streamId, identities: [identity] })).get(identity);
  if (!owner) return false;
  const access = await findAccess(trx, { streamId, userId: owner.userId });
  if (!access || !mayJoinAs(access, owner.role)) return false;
  const grantId = grantOf(access);
  return !grantId || !(await findObstacle(trx, { grantId, sessionId: owner.sessionId }));
}

/** Gives those webhooks another job whose own is gone, a minute after they came. Gives how many. */
export async function requeueWebhookEvents(db: Db, queue: Queue): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const waiting = await trx
      .selectFrom("webhook_events")
      .select(["provider", "event_id as eventId"])
      .where("processed_at", "is", null)
      .where("received_at", "<", sql<Date>`clock_timestamp() - interval '1 minute'`)
      .where("received_at", ">", sql<Date>`clock_timestamp() - interval '2 days'`)
      .orderBy("received_at")
      .limit(200)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const event of waiting) await enqueue(trx, queue, "webhook.process", event);
    return waiting.length;
  });
}

const secretName = /pass(?:word)?$|secret|token|access_?key|credential|authorization/i;

/** A copy without what must not lie in a database: a room's `turnPassword`, keys of storage. */
export function withoutSecrets(value: unknown): Json {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value !== null && typeof value === "object") {
    const kept = Object.entries(value).filter(([name]) => !secretName.test(name));
    return Object.fromEntries(kept.map(([name, inner]) => [name, withoutSecrets(inner)]));
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
