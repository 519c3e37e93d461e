import { sql } from "kysely";
import { findAccess } from "#app/domain/access/decision.ts";
import type { Db } from "#db/client.ts";
import { isReactionKind } from "./reaction-kinds.ts";
import { findChatRoom } from "./rooms.ts";
import { findSilence } from "./silences.ts";

export type ReactionRefusal = {
  ok: false;
  reason: "no_access" | "kind" | "gone" | "not_open" | "frozen" | "silenced";
  message: string;
};

/**
 * Gives a message a reaction of a kind, or takes it back; twice is once. Those who could not write now cannot react
 * either (slow mode aside). The caller sends it on (`deliverReaction`) when `changed`.
 */
export async function react(
  db: Db,
  {
    streamId,
    messageId,
    userId,
    kind,
    given,
  }: { streamId: string; messageId: string; userId: string; kind: string; given: boolean },
): Promise<{ ok: true; changed: boolean } | ReactionRefusal> {
  if (!isReactionKind(kind)) return refused("kind", "There is no such reaction.");
  const access = await findAccess(db, { streamId, userId });
  const room = access?.mayChat ? await findChatRoom(db, { streamId }) : undefined;
  if (!access || !room) return refused("no_access", "You have no access to this stream's chat.");
  if (room.phase !== "open") return refused("not_open", "The chat is not open.");
  if (room.frozen && access.role === "viewer") return refused("frozen", "The chat is frozen.");
  if (await findSilence(db, { streamId, userId }))
    return refused("silenced", "You cannot react for a while.");
  const { rows } = await sql<{ there: boolean; changed: boolean }>`
    with message as (
      select id from streaming_chat_messages
      where id = ${messageId}::uuid and stream_id = ${streamId}::uuid and status = 'shown'
    ), written as (
      insert into streaming_chat_reactions as x (message_id, user_id, kind, given)
      select id, ${userId}::uuid, ${kind}, ${given}::boolean from message
      where ${given}::boolean or exists (
        select from streaming_chat_reactions o
        where o.message_id = message.id and o.user_id = ${userId}::uuid and o.kind = ${kind})
      on conflict (message_id, user_id, kind) do update
        set given = excluded.given, changed_at = clock_timestamp(), delivered_at = null
        where x.given <> excluded.given
      returning 1
    )
    select exists (select from message) as there, exists (select from written) as changed
  `.execute(db);
  const row = rows[0];
  if (!row?.there) return refused("gone", "There is no such message any more.");
  return { ok: true, changed: row.changed };
}

const refused = (reason: ReactionRefusal["reason"], message: string): ReactionRefusal => ({
  ok: false,
  reason,
  message,
});
