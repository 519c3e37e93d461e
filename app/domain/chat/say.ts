import { sql, type Transaction } from "kysely";
import { type AccessDecision, findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Database, Db } from "#db/client.ts";
import { blockedWordsOf } from "./blocked-word-lists.ts";
import { findBlockedWord } from "./blocked-words.ts";
import { hasLink } from "./links.ts";
import { type ChatMessage, listMessagesById } from "./messages.ts";
import { readMessageText } from "./message-text.ts";
import { type ChatRoom, lockChatRoom } from "./rooms.ts";
import { findSilence } from "./silences.ts";

export type SayRefusal = {
  ok: false;
  reason:
    | "no_access"
    | "gone"
    | "text"
    | "not_open"
    | "over"
    | "frozen"
    | "silenced"
    | "slow"
    | "too_fast"
    | "blocked_word"
    | "link"
    | "reply"
    | "taken";
  /** A sentence for the person. */
  message: string;
  /** Whole seconds until it may be tried again, where time is what is missing. */
  waitSeconds?: number;
};

export type Said = { ok: true; message: ChatMessage; isNew: boolean; away: boolean } | SayRefusal;

/** So many messages in so many seconds are more than a person writes, also where there is no slow mode. */
const burst = { messages: 8, seconds: 10 };

/**
 * Takes a message: every one comes this way, whoever sends it and however. Asks for access, then applies the chat's
 * rules (open, frozen, time-out, slow mode, length, links, blocked words) with the chat locked, so that nobody passes
 * slow mode by sending twice at once, and writes its row. `id` (uuid) is the client's: the same one again gives the
 * message that is there and writes nothing. The caller sends what is new to the chat service (`deliverMessage`).
 */
export async function sayMessage(
  db: Db,
  typed: { streamId: string; userId: string; id: string; text: string; replyTo?: string | null },
): Promise<Said> {
  const { streamId, userId, id } = typed;
  const access = await findAccess(db, { streamId, userId });
  if (!access) return refused("gone", "There is no such stream.");
  if (!access.mayChat) return refused("no_access", "You have no access to this stream's chat.");
  const read = readMessageText(typed.text);
  if (!read.ok) return refused("text", read.message);
  // Before the chat is locked: a long list takes its time.
  const word = isTeam(access)
    ? undefined
    : findBlockedWord(await blockedWordsOf(db, access.spaceId), read.text);
  const written = await db.transaction().execute(async (trx) => {
    const room = await lockChatRoom(trx, { streamId });
    if (!room) return refused("gone", "There is no such stream.");
    const there = await findMessage(trx, id);
    if (there) {
      return there.stream_id === streamId && there.user_id === userId
        ? { ok: true as const, isNew: false, room }
        : refused("taken", "That message could not be sent. Please send it again.");
    }
    const refusal =
      whyNotNow(room, access) ??
      (await whyNotThisPerson(trx, { room, access, userId })) ??
      whyNotThisText(room, access, { text: read.text, word }) ??
      (await whyNotThisReply(trx, { streamId, replyTo: typed.replyTo }));
    if (refusal) return refusal;
    await insertMessage(trx, { ...typed, text: read.text, role: access.role ?? "viewer" });
    // Open pages cannot hear the chat service now: they hear it from us.
    if (room.awaySince || room.moving) await notifyChange(trx, { kind: "chat", streamId, shown: [id] });
    return { ok: true as const, isNew: true, room };
  });
  if (!written.ok) return written;
  const [message] = await listMessagesById(db, { streamId, userId, ids: [id] });
  // Deleted meanwhile: it was taken, and there is nothing to show.
  if (!message) return refused("taken", "This message was deleted.");
  return { ok: true, message, isNew: written.isNew, away: written.room.awaySince !== null };
}

function refused(reason: SayRefusal["reason"], message: string, waitSeconds?: number): SayRefusal {
  return { ok: false, reason, message, ...(waitSeconds === undefined ? {} : { waitSeconds }) };
}

const isTeam = (access: AccessDecision) => access.role === "host" || access.role === "moderator";

function whyNotNow(room: ChatRoom, access: AccessDecision): SayRefusal | undefined {
  if (room.phase === "before") return refused("not_open", "The chat is not open yet.");
  if (room.phase !== "open") return refused("over", "The chat is over. It can still be read.");
  if (room.frozen && !isTeam(access))
    return refused("frozen", "The chat is frozen: only hosts and moderators can write now.");
  return undefined;
}

async function whyNotThisPerson(
  trx: Transaction<Database>,
  { room, access, userId }: { room: ChatRoom; access: AccessDecision; userId: string },
): Promise<SayRefusal | undefined> {
  const silence = await findSilence(trx, { streamId: room.streamId, userId });
  if (silence) {
    const why = silence.reason ? ` Reason: ${silence.reason}` : "";
    return refused("silenced", `You cannot write for a while.${why}`, silence.remainingSeconds);
  }
  const { rows } = await sql<{ lately: number; since_last: number | null; since_burst: number | null }>`
    select count(*) filter (where said_at > clock_timestamp() - make_interval(secs => ${burst.seconds})) as lately,
      extract(epoch from clock_timestamp() - max(said_at))::float8 as since_last,
      extract(epoch from clock_timestamp() - min(said_at))::float8 as since_burst
    from (
      select said_at from streaming_chat_messages
      where stream_id = ${room.streamId}::uuid and user_id = ${userId}::uuid
      order by number desc limit ${burst.messages}
    ) last
  `.execute(trx);
  const { lately = 0, since_last, since_burst } = rows[0] ?? {};
  const slow = isTeam(access) ? 0 : room.slowModeSeconds;
  if (since_last !== null && since_last !== undefined && since_last < slow) {
    const wait = Math.ceil(slow - since_last);
    return refused("slow", `Slow mode is on: one message every ${slow} seconds.`, wait);
  }
  if (lately >= burst.messages)
    return refused(
      "too_fast",
      "That is too fast. Please wait a moment.",
      Math.max(1, Math.ceil(burst.seconds - (since_burst ?? 0))),
    );
  return undefined;
}

function whyNotThisText(
  room: ChatRoom,
  access: AccessDecision,
  { text, word }: { text: string; word: string | undefined },
): SayRefusal | undefined {
  if (isTeam(access)) return undefined;
  if (!room.linksAllowed && hasLink(text))
    return refused("link", "Links can only be sent by hosts and moderators here.");
  if (word !== undefined)
    return refused(
      "blocked_word",
      `This space does not allow “${word}” in its chat. Please say it differently.`,
    );
  return undefined;
}

async function whyNotThisReply(
  trx: Transaction<Database>,
  { streamId, replyTo }: { streamId: string; replyTo?: string | null },
): Promise<SayRefusal | undefined> {
  if (!replyTo) return undefined;
  const to = await trx
    .selectFrom("streaming_chat_messages")
    .select("id")
    .where("id", "=", replyTo)
    .where("stream_id", "=", streamId)
    .where("status", "=", "shown")
    .executeTakeFirst();
  return to ? undefined : refused("reply", "The message that you reply to is gone.");
}

function findMessage(trx: Transaction<Database>, id: string) {
  return trx
    .selectFrom("streaming_chat_messages")
    .select(["stream_id", "user_id"])
    .where("id", "=", id)
    .executeTakeFirst();
}

async function insertMessage(
  trx: Transaction<Database>,
  message: {
    streamId: string;
    userId: string;
    id: string;
    text: string;
    replyTo?: string | null;
    role: string;
  },
): Promise<void> {
  const { streamId, userId, id, text, replyTo, role } = message;
  await sql`
    with next as (
      update streaming_chat_rooms set last_number = last_number + 1 where stream_id = ${streamId}::uuid
      returning last_number
    )
    insert into streaming_chat_messages (id, stream_id, number, user_id, role, text, reply_to, said_at)
    select ${id}::uuid, ${streamId}::uuid, next.last_number, ${userId}::uuid, ${role}, ${text}, ${replyTo ?? null}::uuid,
      clock_timestamp()
    from next
  `.execute(trx);
}
