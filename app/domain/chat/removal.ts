import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { listAccessOfPeople } from "#app/domain/access/decision.ts";
import { mostPeopleAtOnce } from "#app/services/chat.ts";
import type { Db } from "#db/client.ts";
import { eachOf } from "./each-of.ts";
import { moveChats } from "./moves.ts";

type Needs = Pick<Services, "db" | "chat">;

/**
 * Takes people out of a stream's channel, notes it when the chat service has done so, and moves the chat: a client of
 * theirs that keeps its web socket open would go on hearing what is said there. For people who were not in it nothing
 * moves, unless they are there without having been let in (`uninvited`).
 */
export async function removeFromChat(
  services: Needs,
  { streamId, userIds, uninvited = false }: { streamId: string; userIds: string[]; uninvited?: boolean },
): Promise<void> {
  const { db, chat } = services;
  const done = new Set<string>();
  for (;;) {
    // It may move while people are being taken out, with them in it.
    const channels = (await listChannels(db, streamId)).filter((channelId) => !done.has(channelId));
    if (channels.length === 0) break;
    for (const channelId of channels) {
      for (let at = 0; at < userIds.length; at += mostPeopleAtOnce)
        await chat.removeMembers(channelId, userIds.slice(at, at + mostPeopleAtOnce));
      done.add(channelId);
    }
    await markRemoved(db, { streamId, userIds, uninvited });
  }
  await moveChats(services, { streamId });
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

async function markRemoved(
  db: Db,
  { streamId, userIds, uninvited }: { streamId: string; userIds: string[]; uninvited: boolean },
): Promise<void> {
  await sql`
    with removed as (
      update streaming_chat_members set removed_at = clock_timestamp()
      where stream_id = ${streamId}::uuid and user_id = any(${userIds}::uuid[]) and removed_at is null
      returning user_id
    )
    update streaming_chat_rooms set move_wanted_at = clock_timestamp()
    where stream_id = ${streamId}::uuid and (${uninvited} or exists (select from removed))
  `.execute(db);
}

/** Members are asked about for so long after their chat's end; later their tokens have ended and nothing more is said. */
const askedForHours = 3;

/**
 * Takes those out of the channels whose decision has turned to no: streams that are on, or were a while ago. One query
 * a stream.
 */
export async function sweepChatMembers(services: Needs): Promise<void> {
  const { db } = services;
  const { rows } = await sql<{ stream_id: string; user_ids: string[] }>`
    select m.stream_id, array_agg(m.user_id) as user_ids
    from streaming_chat_members m
    join streams s on s.id = m.stream_id
    where m.removed_at is null
      and (s.status in ('scheduled', 'rehearsal', 'live')
        or coalesce(s.ended_at + make_interval(mins => s.chat_after_minutes), s.cancelled_at)
          > clock_timestamp() - make_interval(hours => ${askedForHours}))
    group by m.stream_id
  `.execute(db);
  await eachOf(rows, async ({ stream_id: streamId, user_ids: userIds }) => {
    const decisions = await listAccessOfPeople(db, { userIds, streamId });
    const out = userIds.filter((id) => !decisions.get(id)?.mayChat);
    if (out.length > 0) await removeFromChat(services, { streamId, userIds: out });
  });
}
