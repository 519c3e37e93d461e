import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { type AccessReason, findAccess } from "#app/domain/access/decision.ts";
import { type Chat, mostPeopleAtOnce } from "#app/services/chat.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Db } from "#db/client.ts";
import { ensureChannel, isChannelGone, letIn, remakeChannel } from "./channels.ts";
import { chatName } from "./messages.ts";
import { removeFromChat } from "./removal.ts";
import { findChatRoom } from "./rooms.ts";

/** What a page needs to read a stream's channel by itself. */
export type ChatPass =
  | {
      ok: true;
      url: string;
      apiKey: string;
      userId: string;
      name: string;
      token: string;
      channelType: string;
      channelId: string;
      /** ISO; ask again before. */
      expiresAt: string;
    }
  | { ok: false; reason: "no_access"; access: AccessReason }
  | { ok: false; reason: "not_open"; opensAt: string | null }
  | { ok: false; reason: "away" };

const tokenSeconds = 3600;
/** A clock of ours that is ahead of the chat service's would make a token from its future (stream-chat-net issue 209). */
const skewSeconds = 5;

/**
 * Lets a person into a stream's channel: the decision first, then membership, then a token that ends with the decision
 * and within an hour. Tokens from before a ban are dead, so a new one is issued a second after it. Undefined when there
 * is no such stream; `away` when the chat service does not answer (the page shows our rows).
 */
export async function admitToChat(
  services: Pick<Services, "db" | "chat" | "log">,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<ChatPass | undefined> {
  const { db, chat } = services;
  const access = await findAccess(db, { streamId, userId });
  const chatRoom = access && (await findChatRoom(db, { streamId }));
  if (!chatRoom) return undefined;
  if (!access.mayChat) return { ok: false, reason: "no_access", access: access.reason };
  const { phase, opensAt } = chatRoom;
  if (phase === "before" || phase === "closed")
    return { ok: false, reason: "not_open", opensAt: opensAt?.toISOString() ?? null };
  const person = await noteMember(db, { streamId, userId });
  const name = chatName(person.name, userId);
  let channelId: string;
  try {
    const room = await ensureChannel(services, { streamId });
    if (!room) return undefined;
    channelId = room.channelId;
    await addMember(chat, channelId, { id: userId, name }).catch(async (error: unknown) => {
      if (!isChannelGone(error)) throw error;
      await remakeChannel(services, { streamId, channelId });
    });
    // Whoever was taken out between the decision and now is in it again by us.
    const now = await findAccess(db, { streamId, userId });
    if (!now?.mayChat) {
      await removeFromChat(services, { streamId, userIds: [userId], uninvited: true });
      return now && { ok: false, reason: "no_access", access: now.reason };
    }
  } catch (error) {
    if (isServiceError(error)) return { ok: false, reason: "away" };
    throw error;
  }
  const issuedAt = Math.max(person.now - skewSeconds, person.tokensAfter + 1);
  const expiresAt = Math.floor(
    Math.min(person.now + tokenSeconds, ...(access.until ? [access.until.getTime() / 1000] : [])),
  );
  return {
    ok: true,
    url: chat.url,
    apiKey: chat.apiKey,
    userId,
    name,
    token: chat.mintToken(userId, { issuedAt, expiresAt }),
    channelType: chat.channelType,
    channelId,
    expiresAt: new Date(expiresAt * 1000).toISOString(),
  };
}

/** Written before the service is told, so that whoever is in a channel stands here, and the sweep can take them out. */
async function noteMember(
  db: Db,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<{ name: string; now: number; tokensAfter: number }> {
  const { rows } = await sql<{ name: string; now: number; tokens_after: number }>`
    with noted as (
      insert into streaming_chat_members as m (stream_id, user_id) values (${streamId}::uuid, ${userId}::uuid)
      on conflict (stream_id, user_id) do update set removed_at = null, gone_at = null
        where m.removed_at is not null
    )
    select name, floor(extract(epoch from clock_timestamp()))::integer as now,
      coalesce(ceil(extract(epoch from chat_tokens_after)), 0)::integer as tokens_after
    from users where id = ${userId}::uuid
  `.execute(db);
  const row = rows[0];
  return { name: row?.name ?? "", now: row?.now ?? 0, tokensAfter: row?.tokens_after ?? 0 };
}

type Waiting = { person: { id: string; name: string }; done: () => void; failed: (error: unknown) => void };
const gatherMs = 25;
const gathered = new WeakMap<Chat, Map<string, Waiting[]>>();

/** People who come within the same moment are added in one call: a full house would be thousands of them. */
function addMember(chat: Chat, channelId: string, person: { id: string; name: string }): Promise<void> {
  const channels = gathered.get(chat) ?? new Map<string, Waiting[]>();
  gathered.set(chat, channels);
  return new Promise((done, failed) => {
    const waiting = channels.get(channelId);
    if (waiting) {
      waiting.push({ person, done, failed });
      if (waiting.length >= mostPeopleAtOnce) send(channelId);
      return;
    }
    channels.set(channelId, [{ person, done, failed }]);
    setTimeout(() => send(channelId), gatherMs);
  });

  function send(channelId: string) {
    const waiting = channels.get(channelId);
    channels.delete(channelId);
    if (!waiting) return;
    const people = [...new Map(waiting.map(({ person }) => [person.id, person])).values()];
    const refused = new Map<string, unknown>();
    letIn(chat, channelId, people, ({ id }, error) => refused.set(id, error)).then(
      () =>
        waiting.forEach(({ person, done, failed }) =>
          refused.has(person.id) ? failed(refused.get(person.id)) : done(),
        ),
      (error: unknown) => waiting.forEach(({ failed }) => failed(error)),
    );
  }
}
