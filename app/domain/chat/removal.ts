import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { listAccessOfPeople } from "#app/domain/access/decision.ts";
import type { Db } from "#db/client.ts";
import { eachOf } from "./each-of.ts";

type Needs = Pick<Services, "db" | "chat">;

/**
 * Takes people out of a stream's channel, and out of those that it had before and that are still there. From the first
 * moment nothing more is said there, and the chat moves (`switchChannels`): a client of theirs that keeps its web socket open
 * would go on hearing it. For people who were not in it nothing moves, unless they are there without having been let in
 * (`uninvited`).
 */
export async function removeFromChat(
  { db, chat }: Needs,
  { streamId, userIds, uninvited = false }: { streamId: string; userIds: string[]; uninvited?: boolean },
): Promise<void> {
  await markRemoved(db, { streamIds: [streamId], userIds, uninvited });
  for (const channelId of await listChannels(db, streamId)) await chat.removeMembers(channelId, userIds);
  await sql`
    update streaming_chat_members set gone_at = clock_timestamp()
    where stream_id = ${streamId}::uuid and user_id::text = any(${userIds}::text[]) and removed_at is not null
  `.execute(db);
}

/**
 * Notes that people may not be in the chats of these streams any more, before the chat service is told. A chat that is
 * over stays where it is: nothing more is said in it.
 */
export async function markRemoved(
  db: Db,
  { streamIds, userIds, uninvited = false }: { streamIds: string[]; userIds: string[]; uninvited?: boolean },
): Promise<void> {
  await sql`
    with removed as (
      update streaming_chat_members set removed_at = clock_timestamp(), gone_at = null
      where stream_id = any(${streamIds}::uuid[]) and user_id::text = any(${userIds}::text[]) and removed_at is null
      returning stream_id
    ), rooms as (
      -- In the order in which whoever takes several takes them.
      select stream_id from streaming_chat_rooms where stream_id = any(${streamIds}::uuid[])
      order by stream_id for no key update
    )
    update streaming_chat_rooms r set move_wanted_at = clock_timestamp()
    from rooms join streams s on s.id = rooms.stream_id
    where r.stream_id = rooms.stream_id
      and (${uninvited} or r.stream_id in (select stream_id from removed))
      and (s.status in ('scheduled', 'rehearsal', 'live')
        or s.ended_at + make_interval(mins => s.chat_after_minutes) > clock_timestamp())
  `.execute(db);
}

/** Those of a space's streams (or the one) in whose chat a person is. */
export async function listChatsOf(
  db: Db,
  { spaceId, streamId, userId }: { spaceId: string; streamId: string | null; userId: string },
): Promise<string[]> {
  const { rows } = await sql<{ stream_id: string }>`
    select m.stream_id
    from streaming_chat_members m
    join streams s on s.id = m.stream_id
    join experiences e on e.id = s.experience_id
    where m.user_id = ${userId}::uuid and m.removed_at is null and e.space_id = ${spaceId}::uuid
      and (${streamId}::uuid is null or s.id = ${streamId}::uuid)
  `.execute(db);
  return rows.map(({ stream_id }) => stream_id);
}

/** Leaves people in a stream's chat who were to be taken out and may be there after all. */
export async function keepInChat(
  db: Db,
  { streamId, userIds }: { streamId: string; userIds: string[] },
): Promise<void> {
  await sql`
    update streaming_chat_members set removed_at = null
    where stream_id = ${streamId}::uuid and user_id = any(${userIds}::uuid[]) and removed_at is not null and gone_at is null
  `.execute(db);
}

/** The channel of a stream, and those that it had before and that are still there. */
async function listChannels(db: Db, streamId: string): Promise<string[]> {
  const { rows } = await sql<{ channel_id: string }>`
    select channel_id from streaming_chat_rooms where stream_id = ${streamId}::uuid
    union all
    select channel_id from streaming_chat_former_channels where stream_id = ${streamId}::uuid
  `.execute(db);
  return rows.map(({ channel_id }) => channel_id);
}

/** Members are asked about for so long after their chat's end; later their tokens have ended and nothing more is said. */
const askedForHours = 3;

/** Of a stream `s`: something is said in its chat, or was a while ago. */
export const chatMayBeOn = sql<boolean>`(s.status in ('scheduled', 'rehearsal', 'live')
  or coalesce(s.ended_at + make_interval(mins => s.chat_after_minutes), s.cancelled_at)
    > clock_timestamp() - make_interval(hours => ${askedForHours}))`;

/**
 * Takes those out of the channels whose decision has turned to no, and goes on where that was interrupted: streams that are
 * on, or were a while ago. One query a stream.
 */
export async function sweepChatMembers(services: Needs): Promise<void> {
  const { db } = services;
  const { rows } = await sql<{ stream_id: string; user_ids: string[] }>`
    select m.stream_id, array_agg(m.user_id) as user_ids
    from streaming_chat_members m
    join streams s on s.id = m.stream_id
    where m.gone_at is null and ${chatMayBeOn}
    group by m.stream_id
  `.execute(db);
  await eachOf(rows, async ({ stream_id: streamId, user_ids: userIds }) => {
    const decisions = await listAccessOfPeople(db, { userIds, streamId });
    const out = userIds.filter((id) => !decisions.get(id)?.mayChat);
    if (out.length < userIds.length)
      await keepInChat(db, { streamId, userIds: userIds.filter((id) => !out.includes(id)) });
    if (out.length > 0) await removeFromChat(services, { streamId, userIds: out });
  });
}
