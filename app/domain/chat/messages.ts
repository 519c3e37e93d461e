import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import type { StreamRole } from "#app/domain/access/decision.ts";

/** A message as everybody in the chat may read it. */
export type ChatMessage = {
  id: string;
  /** Its place in the stream's chat: without gaps, in the order in which things were said. */
  number: number;
  userId: string;
  name: string;
  role: StreamRole;
  text: string;
  replyTo: ChatQuote | null;
  /** ISO. */
  saidAt: string;
  pinned: boolean;
  /** How many people gave each kind of reaction. */
  reactions: Record<string, number>;
  /** The kinds that the asking person gave. */
  mine: string[];
};

/** What a reply is to: the beginning of its text. Its text is empty when it was deleted. */
export type ChatQuote = { id: string; name: string; text: string };

export const mostMessages = 100;
const quoteLength = 120;

type Row = {
  id: string;
  number: number;
  user_id: string;
  name: string;
  role: StreamRole;
  text: string;
  said_at: Date;
  pinned: boolean;
  reply_id: string | null;
  reply_user_id: string | null;
  reply_name: string | null;
  reply_text: string | null;
  reactions: Record<string, number>;
  mine: string[];
};

/** What somebody without a name is called. Nothing of their address may be seen in it. */
export function chatName(name: string, userId: string): string {
  return name || `Viewer ${String(Number.parseInt(userId.slice(-6), 16) % 10_000).padStart(4, "0")}`;
}

type Page = { after?: number; before?: number; most?: number };

/**
 * What was said in a stream and not deleted, oldest first: the newest (at most `most`, 1 to 100), those `before` a
 * number, or the first ones `after` one. `userId` is who asks. The caller has asked for access.
 */
export async function listMessages(
  db: Kysely<Database>,
  { streamId, userId, after, before, most = mostMessages }: { streamId: string; userId: string } & Page,
): Promise<{ messages: ChatMessage[]; more: boolean }> {
  const forward = after !== undefined;
  const limit = Math.min(Math.max(1, most), mostMessages);
  const edge = forward
    ? sql`and m.number > ${after}::bigint`
    : before !== undefined
      ? sql`and m.number < ${before}::bigint`
      : sql``;
  const found = await read(db, {
    userId,
    where: sql`m.stream_id = ${streamId}::uuid and m.status = 'shown' ${edge}`,
    end: sql`order by m.number ${forward ? sql`asc` : sql`desc`} limit ${limit + 1}::integer`,
  });
  const messages = found.slice(0, limit);
  return { messages: forward ? messages : messages.reverse(), more: found.length > limit };
}

/** Those of these messages (ids) that are shown, oldest first. */
export async function listMessagesById(
  db: Kysely<Database>,
  { streamId, userId, ids }: { streamId: string; userId: string | null; ids: string[] },
): Promise<ChatMessage[]> {
  return read(db, {
    userId,
    where: sql`m.stream_id = ${streamId}::uuid and m.status = 'shown' and m.id = any(${ids}::uuid[])`,
    end: sql`order by m.number`,
  });
}

/** The pinned messages of a stream, the one that was pinned last first. */
export async function listPinnedMessages(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<ChatMessage[]> {
  return read(db, {
    userId,
    where: sql`m.stream_id = ${streamId}::uuid and m.status = 'shown' and m.pinned_at is not null`,
    end: sql`order by m.pinned_at desc limit 20`,
  });
}

export type MessagePage = {
  message: ChatMessage;
  /** Deleted, and can be shown again; by the asking person, or by somebody else. */
  hidden: boolean;
  hiddenByMe: boolean;
  /** Of its author: a running time-out, and a ban from the stream or the space. */
  silenced: boolean;
  bannedFromStream: boolean;
  bannedFromSpace: boolean;
};

/** One message with what a person needs to act on it; one that is deleted only as long as that can be undone. */
export async function findMessagePage(
  db: Kysely<Database>,
  { streamId, messageId, userId }: { streamId: string; messageId: string; userId: string },
): Promise<MessagePage | undefined> {
  const [message] = await read(db, {
    userId,
    where: sql`m.stream_id = ${streamId}::uuid and m.id = ${messageId}::uuid and m.status <> 'removed'`,
    end: sql``,
  });
  if (!message) return undefined;
  const { rows } = await sql<Omit<MessagePage, "message">>`
    select m.status = 'hidden' as hidden, m.hidden_by is not distinct from ${userId}::uuid as "hiddenByMe",
      exists (
        select from streaming_chat_timeouts t
        where t.stream_id = m.stream_id and t.user_id = m.user_id and t.lifted_at is null
          and t.until > clock_timestamp()
      ) as silenced,
      exists (
        select from space_bans_in_force b where b.user_id = m.user_id and b.stream_id = m.stream_id
      ) as "bannedFromStream",
      exists (
        select from space_bans_in_force b
        where b.user_id = m.user_id and b.stream_id is null and b.space_id = e.space_id
      ) as "bannedFromSpace"
    from streaming_chat_messages m
    join streams s on s.id = m.stream_id
    join experiences e on e.id = s.experience_id
    where m.id = ${messageId}::uuid
  `.execute(db);
  const row = rows[0];
  return row && { message, ...row };
}

async function read(
  db: Kysely<Database>,
  {
    userId,
    where,
    end,
  }: { userId: string | null; where: ReturnType<typeof sql>; end: ReturnType<typeof sql> },
): Promise<ChatMessage[]> {
  const { rows } = await sql<Row>`
    select m.id, m.number, m.user_id, u.name, m.role, m.text, m.said_at, m.pinned_at is not null as pinned,
      q.id as reply_id, q.user_id as reply_user_id, qu.name as reply_name,
      case when q.status = 'shown' then q.text else '' end as reply_text,
      coalesce((
        select jsonb_object_agg(counted.kind, counted.people)
        from (
          select x.kind, count(*) as people from streaming_chat_reactions x
          where x.message_id = m.id and x.given group by x.kind
        ) counted
      ), '{}') as reactions,
      array(
        select x.kind from streaming_chat_reactions x
        where x.message_id = m.id and x.user_id = ${userId}::uuid and x.given order by x.kind
      ) as mine
    from streaming_chat_messages m
    join users u on u.id = m.user_id
    left join streaming_chat_messages q on q.id = m.reply_to
    left join users qu on qu.id = q.user_id
    where ${where}
    ${end}
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    userId: row.user_id,
    name: chatName(row.name, row.user_id),
    role: row.role,
    text: row.text,
    replyTo: row.reply_id
      ? {
          id: row.reply_id,
          name: chatName(row.reply_name ?? "", row.reply_user_id ?? ""),
          text: shortened(row.reply_text ?? ""),
        }
      : null,
    saidAt: row.said_at.toISOString(),
    pinned: row.pinned,
    reactions: row.reactions,
    mine: row.mine,
  }));
}

function shortened(text: string): string {
  const characters = [...text.replace(/\s+/g, " ")];
  return characters.length > quoteLength ? `${characters.slice(0, quoteLength - 1).join("")}…` : text;
}
