import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { OutgoingMessage } from "#app/services/chat.ts";
import type { Db } from "#db/client.ts";
import { chatName, type ChatMessage } from "./messages.ts";
import { ensureChannel, isChannelGone, remakeChannel } from "./channels.ts";

type Needs = Pick<Services, "db" | "chat" | "log">;

/** A message or reaction that its own process did not deliver by then is the worker's. */
const orphanedAfterSeconds = 2;
const atOnce = 100;

/**
 * Sends one new message to the chat service, as the process that took it does at once. When the service does not
 * answer, the chat is marked as away: from then on pages hear messages from us, and the worker sends what waits, in
 * order, when the service is back.
 */
export async function deliverMessage(
  services: Needs,
  { streamId, message }: { streamId: string; message: ChatMessage },
): Promise<void> {
  const { db, log } = services;
  try {
    const channelId = await send(services, { streamId, message: outgoing(message) });
    if (channelId) await markDelivered(db, message.id, channelId);
    // It waits: pages may not have heard of it, when nothing was in its way as it was said.
    else await notifyChange(db, { kind: "chat", streamId, shown: [message.id] });
  } catch (error) {
    log.warn({ err: error, streamId, messageId: message.id }, "a chat message waits for the chat service");
    if (isServiceError(error) && error.retryable) await markAway(db, streamId);
  }
}

/** Sends to the channel that the chat has now, and gives its id; undefined while nothing may be sent there. */
async function send(
  services: Needs,
  { streamId, message }: { streamId: string; message: OutgoingMessage },
): Promise<string | undefined> {
  const room = await ensureChannel(services, { streamId });
  if (!room || room.holding) return undefined;
  const { channelId } = room;
  try {
    await services.chat.sendMessage(channelId, message);
    return channelId;
  } catch (error) {
    if (!isChannelGone(error)) throw error;
  }
  await remakeChannel(services, { streamId, channelId });
  // It may have moved meanwhile, and is not there because of that.
  const now = await ensureChannel(services, { streamId });
  if (!now || now.holding) return undefined;
  await services.chat.sendMessage(now.channelId, message);
  return now.channelId;
}

function outgoing({ id, number, userId, name, role, text, saidAt, replyTo }: ChatMessage): OutgoingMessage {
  return { id, number, user: { id: userId, name }, role, text, saidAt, replyTo: replyTo?.id ?? null };
}

/** `channelId` null: the chat service refuses it for good. */
async function markDelivered(db: Db, id: string, channelId: string | null): Promise<void> {
  await sql`
    update streaming_chat_messages set delivered_at = clock_timestamp(), channel_id = ${channelId} where id = ${id}::uuid
  `.execute(db);
}

/** The chat service does not answer for this stream: pages are told, and shown what waits. */
async function markAway(db: Db, streamId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql`
      update streaming_chat_rooms set away_since = clock_timestamp()
      where stream_id = ${streamId}::uuid and away_since is null returning stream_id
    `.execute(trx);
    if (rows.length > 0) await notifyChange(trx, { kind: "stream", streamId });
    const waiting = await trx
      .selectFrom("streaming_chat_messages")
      .select("id")
      .where("stream_id", "=", streamId)
      .where("delivered_at", "is", null)
      .where("status", "=", "shown")
      .orderBy("number", "desc")
      .limit(atOnce)
      .execute();
    if (waiting.length > 0)
      await notifyChange(trx, { kind: "chat", streamId, shown: waiting.map(({ id }) => id) });
  });
}

/** Sends what waits, of every stream, in the order in which it was said. Where the service fails, it stops until its next turn. */
export async function deliverWaiting(services: Needs): Promise<void> {
  const { db } = services;
  const { rows } = await sql<{ stream_id: string }>`
    select stream_id from streaming_chat_rooms where away_since is not null
    union
    select distinct stream_id from streaming_chat_messages
    where delivered_at is null and status = 'shown'
      and said_at < clock_timestamp() - make_interval(secs => ${orphanedAfterSeconds})
  `.execute(db);
  await Promise.all(rows.map(({ stream_id }) => deliverStream(services, stream_id)));
  await deliverReactions(services);
}

async function deliverStream(services: Needs, streamId: string): Promise<void> {
  const { db, log } = services;
  try {
    for (;;) {
      const waiting = await listWaiting(db, streamId);
      for (const message of waiting) {
        let channelId: string | null = null;
        try {
          const sentTo = await send(services, { streamId, message });
          if (sentTo === undefined) return;
          channelId = sentTo;
        } catch (error) {
          if (!isServiceError(error) || error.retryable) throw error;
          // It will never be taken; those behind it must not wait for it. Pages fill the gap from our rows.
          log.error({ err: error, streamId, messageId: message.id }, "the chat service refuses a message");
        }
        await markDelivered(db, message.id, channelId);
      }
      if (waiting.length < atOnce) break;
    }
    await markBack(db, streamId);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    await markAway(db, streamId);
  }
}

async function listWaiting(db: Db, streamId: string): Promise<OutgoingMessage[]> {
  const { rows } = await sql<Waiting>`
    select m.id, m.number, m.user_id, u.name, m.role, m.text, m.said_at, m.reply_to
    from streaming_chat_messages m
    join users u on u.id = m.user_id
    where m.stream_id = ${streamId}::uuid and m.delivered_at is null and m.status = 'shown'
    order by m.number
    limit ${atOnce}
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    user: { id: row.user_id, name: chatName(row.name, row.user_id) },
    role: row.role,
    text: row.text,
    saidAt: row.said_at.toISOString(),
    replyTo: row.reply_to,
  }));
}

type Waiting = {
  id: string;
  number: number;
  user_id: string;
  name: string;
  role: string;
  text: string;
  said_at: Date;
  reply_to: string | null;
};

async function markBack(db: Db, streamId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql`
      update streaming_chat_rooms r set away_since = null
      where stream_id = ${streamId}::uuid and away_since is not null
        and not exists (
          select from streaming_chat_messages m
          where m.stream_id = r.stream_id and m.delivered_at is null and m.status = 'shown')
      returning stream_id
    `.execute(trx);
    if (rows.length > 0) await notifyChange(trx, { kind: "stream", streamId });
  });
}

type ReactionKey = { messageId: string; userId: string; kind: string };

/**
 * Sends one reaction, given or taken back, as its own process does at once. Where the chat has moved since the message was
 * said, or is about to, nobody would hear it from the service, or the wrong ones: open pages are told by us.
 */
export async function deliverReaction({ db, chat, log }: Needs, key: ReactionKey): Promise<void> {
  const { messageId, userId, kind } = key;
  const { rows } = await sql<{ given: boolean; streamId: string; channelId: string; here: boolean | null }>`
    select x.given, m.stream_id as "streamId", r.channel_id as "channelId",
      case when m.delivered_at is not null
        then m.channel_id is not distinct from r.channel_id and r.move_wanted_at is null end as here
    from streaming_chat_reactions x
    join streaming_chat_messages m on m.id = x.message_id
    join streaming_chat_rooms r on r.stream_id = m.stream_id
    where x.message_id = ${messageId}::uuid and x.user_id = ${userId}::uuid and x.kind = ${kind}
  `.execute(db);
  const [row] = rows;
  if (!row) return;
  const { given, streamId, channelId, here } = row;
  if (!here) await notifyChange(db, { kind: "chat", streamId, shown: [messageId] });
  // The message itself still waits.
  if (here === null) return;
  try {
    if (here) await chat.setReaction(channelId, { messageId, userId, kind, given });
  } catch (error) {
    if (!isServiceError(error)) throw error;
    log.warn({ err: error, messageId }, "a reaction waits for the chat service");
    if (error.retryable) return;
  }
  // One that was changed meanwhile still waits.
  await sql`
    update streaming_chat_reactions set delivered_at = clock_timestamp()
    where message_id = ${messageId}::uuid and user_id = ${userId}::uuid and kind = ${kind} and given = ${given}
  `.execute(db);
}

async function deliverReactions(services: Needs): Promise<void> {
  const { rows } = await sql<ReactionKey>`
    select x.message_id as "messageId", x.user_id as "userId", x.kind
    from streaming_chat_reactions x
    join streaming_chat_messages m on m.id = x.message_id and m.status = 'shown' and m.delivered_at is not null
    join streaming_chat_rooms r on r.stream_id = m.stream_id and r.away_since is null
    where x.delivered_at is null and x.changed_at < clock_timestamp() - make_interval(secs => ${orphanedAfterSeconds})
    order by x.changed_at
    limit ${atOnce}
  `.execute(services.db);
  for (const reaction of rows) await deliverReaction(services, reaction);
}
