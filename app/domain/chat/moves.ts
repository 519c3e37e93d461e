import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Db } from "#db/client.ts";
import { addMissingMembers, ensureChannel, isChannelGone, remakeChannel } from "./channels.ts";
import { eachOf } from "./each-of.ts";

type Needs = Pick<Services, "db" | "chat" | "log">;

/** Everybody who is there asks the chat service for the new channel: not more often than that. */
const moveEverySeconds = 10;
/** Who began to follow a move and has not come to its end by then has died. */
const followedForSeconds = 60;
const followedAtOnce = 10;
/** Open pages have left the channel before by then; those that missed it look for the new one when theirs is deleted. */
const keepSeconds = 15;

/**
 * Gives each chat from which somebody was taken out another channel. The chat service has no call that takes a person's open
 * web socket off a channel (stream-chat-js issue 642): it would go on hearing what is said. Until its chat has moved,
 * nothing is sent to the channel before (`ChatRoom.holding`), and open pages hear it from us; so a chat that moved less than
 * ten seconds ago can wait for its next turn. Needs no service; `followMoves` does the rest.
 */
export async function switchChannels(db: Db): Promise<void> {
  await sql`
    with due as (
      select stream_id, channel_id from streaming_chat_rooms
      where move_wanted_at is not null and (moved_at is null
        or moved_at < clock_timestamp() - make_interval(secs => ${followedForSeconds})
        or (moved_at < clock_timestamp() - make_interval(secs => ${moveEverySeconds}) and told_at >= moved_at))
      order by stream_id
      for update
    ), former as (
      insert into streaming_chat_former_channels (channel_id, stream_id) select channel_id, stream_id from due
    )
    update streaming_chat_rooms r
    set channel_id = replace(gen_random_uuid()::text, '-', ''), made_at = null, moved_at = clock_timestamp(),
      move_wanted_at = null, following_at = null
    from due where r.stream_id = due.stream_id
  `.execute(db);
}

/** Lets everybody into the channels to which chats have moved, tells open pages, and deletes those that were left. */
export async function followMoves(services: Needs): Promise<void> {
  const { rows } = await sql<{ stream_id: string }>`
    update streaming_chat_rooms set following_at = clock_timestamp()
    where stream_id in (
      select stream_id from streaming_chat_rooms
      where moved_at is not null and (told_at is null or told_at < moved_at)
        and (following_at is null or following_at < clock_timestamp() - make_interval(secs => ${followedForSeconds}))
      order by moved_at limit ${followedAtOnce}
      for update skip locked)
    returning stream_id
  `.execute(services.db);
  const parts = rows.map(({ stream_id: streamId }) =>
    followMove(services, { streamId }).catch(async (error: unknown) => {
      await sql`
        update streaming_chat_rooms set following_at = null where stream_id = ${streamId}::uuid
      `.execute(services.db);
      throw error;
    }),
  );
  const done = await Promise.allSettled([...parts, deleteFormer(services)]);
  for (const part of done) if (part.status === "rejected") throw part.reason;
}

/** Makes the channel to which a chat has moved, lets everybody in, and tells open pages. */
async function followMove(services: Needs, { streamId }: { streamId: string }): Promise<void> {
  const { db, chat } = services;
  const room = await ensureChannel(services, { streamId });
  if (!room) return;
  const { channelId } = room;
  // Of a try before, some may be there.
  const there = await chat.listMembers(channelId);
  await addMissingMembers(services, { streamId, channelId, there }).catch(async (error: unknown) => {
    if (!isChannelGone(error)) throw error;
    await remakeChannel(services, { streamId, channelId });
  });
  await chat.removeMembers(channelId, await listRemovedSince(db, streamId));
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
