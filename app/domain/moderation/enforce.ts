import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { findAccess } from "#app/domain/access/decision.ts";
import { lookAgain } from "#app/domain/access/enforcement.ts";
import { eachOf } from "#app/domain/chat/each-of.ts";
import { chatName } from "#app/domain/chat/messages.ts";
import { keepInChat, removeFromChat } from "#app/domain/chat/removal.ts";
import { removeFromRooms } from "#app/domain/participants/removal.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Db } from "#db/client.ts";
import { isActKind } from "./act-kinds.ts";

/** So often the job of an act tries by itself (`retryLimit` of "moderation.enforce"). */
const jobTries = 5;

type Needs = Pick<Services, "db" | "chat" | "livekit" | "queue">;
type Act = {
  id: string;
  kind: string;
  stream_id: string | null;
  space_id: string;
  actor_id: string;
  target_user_id: string | null;
  message_id: string | null;
  created_at: Date;
};

/**
 * Makes the outside agree with an act of moderation: may run twice and late, looks at what is true now, and not at what
 * was true when the act was made. What came of it is written into the act. Throws, and is tried again, while a service
 * does not answer.
 */
export async function enforceAct(services: Needs, { actId }: { actId: string }): Promise<void> {
  const { db } = services;
  const act = await db
    .selectFrom("moderation_acts")
    .select(["id", "kind", "stream_id", "space_id", "actor_id", "target_user_id", "message_id", "created_at"])
    .where("id", "=", actId)
    .where("enforced_at", "is", null)
    .executeTakeFirst();
  if (!act || !isActKind(act.kind)) return;
  try {
    const outcome = await enforce(services, act);
    await sql`
      update moderation_acts set enforced_at = clock_timestamp(), outcome = ${outcome}, tries = tries + 1
      where id = ${actId}::uuid
    `.execute(db);
  } catch (error) {
    const waitsFor = isServiceError(error) ? `waits for ${error.service}` : "failed, is tried again";
    await sql`
      update moderation_acts set outcome = ${waitsFor}, tries = tries + 1, tried_at = clock_timestamp()
      where id = ${actId}::uuid
    `.execute(db);
    throw error;
  }
}

async function enforce(services: Needs, act: Act): Promise<string> {
  if (act.kind === "banned" && act.target_user_id)
    return enforceBan(services, { ...act, target_user_id: act.target_user_id });
  if (act.kind === "messages_deleted" && act.stream_id && act.target_user_id) {
    const messages = await listMessages(services.db, { streamId: act.stream_id, userId: act.target_user_id });
    for (const message of messages) await matchMessage(services, message, act.actor_id);
    return `${messages.length} deleted`;
  }
  if (!act.message_id) return "";
  const [message] = await listMessages(services.db, { messageId: act.message_id });
  if (!message) return "the message is gone";
  await matchMessage(services, message, act.actor_id);
  return message.status === "shown" ? "shown" : "gone for everyone";
}

type Message = { id: string; status: string; pinned: boolean; delivered: boolean };

async function listMessages(
  db: Db,
  by: { messageId: string } | { streamId: string; userId: string },
): Promise<Message[]> {
  const where =
    "messageId" in by
      ? sql`id = ${by.messageId}::uuid`
      : sql`stream_id = ${by.streamId}::uuid and user_id = ${by.userId}::uuid and status <> 'shown'`;
  const { rows } = await sql<Message>`
    select id, status, pinned_at is not null as pinned, delivered_at is not null as delivered
    from streaming_chat_messages where ${where} order by number
  `.execute(db);
  return rows;
}

/** Gives a message at the chat service the state that our row has. What was never sent needs nothing. */
async function matchMessage({ chat }: Needs, message: Message, byUserId: string): Promise<void> {
  if (!message.delivered) return;
  if (message.status !== "shown") return chat.hideMessage(message.id);
  await chat.restoreMessage(message.id, byUserId);
  await chat.pinMessage(message.id, { pinned: message.pinned, byUserId });
}

/**
 * Out of the picture, out of the channels, and the tokens dead; where one of these services does not answer, the others are
 * asked all the same. A person who has access again by now (the ban was lifted, or is of another stream) is left where
 * they are.
 */
async function enforceBan(services: Needs, act: Act & { target_user_id: string }): Promise<string> {
  const { db } = services;
  const userId = act.target_user_id;
  const { rows } = await sql<{ id: string; in_room: boolean }>`
    select s.id, s.status in ('live', 'rehearsal') as in_room
    from streams s join experiences e on e.id = s.experience_id
    where e.space_id = ${act.space_id}::uuid
      and (s.status in ('live', 'rehearsal') or exists (
        select from streaming_chat_members m
        where m.stream_id = s.id and m.user_id = ${userId}::uuid and m.gone_at is null))
  `.execute(db);
  const out: typeof rows = [];
  for (const stream of rows) {
    const access = await findAccess(db, { streamId: stream.id, userId });
    if (!access?.mayWatch) out.push(stream);
    else await keepInChat(db, { streamId: stream.id, userIds: [userId] });
  }
  const streamIds = out.filter(({ in_room }) => in_room).map(({ id }) => id);
  const [removed, ...others] = await Promise.allSettled([
    removeFromRooms(services, { userId, streamIds }),
    eachOf(out, ({ id }) => removeFromChat(services, { streamId: id, userIds: [userId] })),
    revokeTokens(services, userId),
  ]);
  // Whoever slipped in while they were being removed; also while another service keeps this act waiting.
  if (streamIds.length > 0) await lookAgain(services, { userIds: [userId], looks: 0 });
  for (const done of [removed, ...others]) if (done.status === "rejected") throw done.reason;
  return removed.status === "fulfilled" && removed.value > 0
    ? "out of the picture and the chat"
    : "out of the chat";
}

async function revokeTokens({ db, chat }: Needs, userId: string): Promise<void> {
  const { rows } = await sql<{ name: string; after: Date | null }>`
    select name, chat_tokens_after as after from users where id = ${userId}::uuid`.execute(db);
  const [person] = rows;
  if (!person?.after) return;
  // The service may never have heard of them, and has to, to refuse their tokens.
  await chat.nameUsers([{ id: userId, name: chatName(person.name, userId) }]);
  await chat.revokeTokens(userId, person.after);
}

/**
 * Enforces what the job could not in all of its tries, oldest first: after half a minute, then more and more seldom (every
 * five minutes at least) until the outside agrees. The first one that a service does not answer for ends the turn; one that it refuses does not keep
 * the others waiting. Throws the first failure.
 */
export async function enforceWaiting(services: Needs): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select id from moderation_acts
    where enforced_at is null
      and coalesce(tried_at, created_at)
        < clock_timestamp() - make_interval(secs => least(300, 30 * greatest(1, tries - ${jobTries})))
    order by created_at limit 200
  `.execute(services.db);
  await eachOf(rows, ({ id }) => enforceAct(services, { actId: id }));
}
