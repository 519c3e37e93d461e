import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { mostPeopleAtOnce } from "#app/services/chat.ts";
import type { Db } from "#db/client.ts";
import { addMissingMembers, ensureChannel } from "./channels.ts";
import { eachOf } from "./each-of.ts";

type Needs = Pick<Services, "db" | "chat">;

/** Everybody who is there asks the chat service for the new channel: not more often than that. */
const moveEverySeconds = 10;
/** Open pages have left the channel before by then; those that missed it look for the new one when theirs is deleted. */
const keepSeconds = 15;

/**
 * Gives the chats from which somebody was taken out another channel, with everybody else in it: of all streams whose chat
 * is open or will be, or of one. The chat service has no call that takes a person's open web socket off a channel
 * (stream-chat-js issue 642): it would go on hearing what is said, for as long as it stays open. A chat that moved less
 * than ten seconds ago waits for its next turn.
 */
export async function moveChats(
  services: Needs,
  { streamId = null }: { streamId?: string | null } = {},
): Promise<void> {
  const { rows } = await sql<{ stream_id: string }>`
    with due as (
      select r.stream_id, r.channel_id
      from streaming_chat_rooms r
      join streams s on s.id = r.stream_id
      where r.move_wanted_at is not null and r.made_at is not null
        and (r.moved_at is null or r.moved_at < clock_timestamp() - make_interval(secs => ${moveEverySeconds}))
        and (s.status in ('scheduled', 'rehearsal', 'live')
          or coalesce(s.ended_at + make_interval(mins => s.chat_after_minutes), s.cancelled_at) > clock_timestamp())
        and (${streamId}::uuid is null or r.stream_id = ${streamId}::uuid)
      for update of r
    ), former as (
      insert into streaming_chat_former_channels (channel_id, stream_id) select channel_id, stream_id from due
    )
    update streaming_chat_rooms r
    set channel_id = replace(gen_random_uuid()::text, '-', ''), made_at = null, moved_at = clock_timestamp(),
      move_wanted_at = null
    from due where r.stream_id = due.stream_id
    returning r.stream_id
  `.execute(services.db);
  await eachOf(rows, ({ stream_id }) => followMove(services, { streamId: stream_id }));
}

/** Makes the channel to which a chat has moved, lets everybody in, and tells open pages. */
async function followMove(services: Needs, { streamId }: { streamId: string }): Promise<void> {
  const { db, chat } = services;
  const channelId = await ensureChannel(services, { streamId });
  if (!channelId) return;
  await addMissingMembers(services, { streamId, channelId, there: [] });
  const removed = await listRemovedSince(db, streamId);
  for (let at = 0; at < removed.length; at += mostPeopleAtOnce)
    await chat.removeMembers(channelId, removed.slice(at, at + mostPeopleAtOnce));
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql`
      update streaming_chat_rooms set told_at = clock_timestamp()
      where stream_id = ${streamId}::uuid and channel_id = ${channelId} returning stream_id
    `.execute(trx);
    if (rows.length > 0) await notifyChange(trx, { kind: "stream", streamId });
  });
}

/** Who was taken out while everybody was let in: they may have been among them. */
async function listRemovedSince(db: Db, streamId: string): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select m.user_id from streaming_chat_members m
    join streaming_chat_rooms r on r.stream_id = m.stream_id
    where m.stream_id = ${streamId}::uuid and m.removed_at > r.moved_at
  `.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/** The sweep: moves what waits for its turn, goes on where a move was interrupted, and deletes the channels before. */
export async function sweepMoves(services: Needs): Promise<void> {
  const { db } = services;
  await moveChats(services);
  const { rows: begun } = await sql<{ stream_id: string }>`
    select stream_id from streaming_chat_rooms
    where moved_at < clock_timestamp() - interval '5 seconds' and (told_at is null or told_at < moved_at)
  `.execute(db);
  await eachOf(begun, ({ stream_id }) => followMove(services, { streamId: stream_id }));
  await deleteFormer(services);
}

async function deleteFormer({ db, chat }: Needs): Promise<void> {
  const { rows } = await sql<{ channel_id: string }>`
    select f.channel_id
    from streaming_chat_former_channels f
    join streaming_chat_rooms r on r.stream_id = f.stream_id
    where f.left_at < clock_timestamp() - make_interval(secs => ${keepSeconds}) and r.told_at >= f.left_at
    order by f.left_at limit 100
  `.execute(db);
  await eachOf(rows, async ({ channel_id: channelId }) => {
    await chat.deleteChannel(channelId);
    await db.deleteFrom("streaming_chat_former_channels").where("channel_id", "=", channelId).execute();
  });
}
