import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { mostPeopleAtOnce } from "#app/services/chat.ts";
import type { Db } from "#db/client.ts";
import { addMissingMembers, ensureChannel, isChannelGone, remakeChannel } from "./channels.ts";
import { eachOf } from "./each-of.ts";

type Needs = Pick<Services, "db" | "chat" | "log">;

/** Everybody who is there asks the chat service for the new channel: not more often than that. */
const moveEverySeconds = 10;
/** A move that began so long ago and was not told was interrupted. */
const interruptedSeconds = 5;
/** Open pages have left the channel before by then; those that missed it look for the new one when theirs is deleted. */
const keepSeconds = 15;

/**
 * The sweep: gives each chat from which somebody was taken out another channel, with everybody else in it. The chat service
 * has no call that takes a person's open web socket off a channel (stream-chat-js issue 642): it would go on hearing what
 * is said. Until its chat has moved, nothing is sent to the channel before (`ChatRoom.holding`), and open pages hear it
 * from us; so a chat that moved less than ten seconds ago can wait for its next turn. Goes on with moves that were
 * interrupted, and deletes channels that were left.
 */
export async function sweepMoves(services: Needs): Promise<void> {
  const { db } = services;
  const moved = await switchChannels(db);
  const interrupted = await listInterrupted(db);
  await eachOf(
    [
      () => eachOf([...moved, ...interrupted], (streamId) => followMove(services, { streamId })),
      () => deleteFormer(services),
    ],
    (part) => part(),
  );
}

async function switchChannels(db: Db): Promise<string[]> {
  const { rows } = await sql<{ stream_id: string }>`
    with due as (
      select stream_id, channel_id from streaming_chat_rooms
      where move_wanted_at is not null
        and (moved_at is null or moved_at < clock_timestamp() - make_interval(secs => ${moveEverySeconds}))
      order by stream_id
      for update
    ), former as (
      insert into streaming_chat_former_channels (channel_id, stream_id) select channel_id, stream_id from due
    )
    update streaming_chat_rooms r
    set channel_id = replace(gen_random_uuid()::text, '-', ''), made_at = null, moved_at = clock_timestamp(),
      move_wanted_at = null
    from due where r.stream_id = due.stream_id
    returning r.stream_id
  `.execute(db);
  return rows.map(({ stream_id }) => stream_id);
}

async function listInterrupted(db: Db): Promise<string[]> {
  const { rows } = await sql<{ stream_id: string }>`
    select stream_id from streaming_chat_rooms
    where moved_at < clock_timestamp() - make_interval(secs => ${interruptedSeconds})
      and (told_at is null or told_at < moved_at)
  `.execute(db);
  return rows.map(({ stream_id }) => stream_id);
}

/** Makes the channel to which a chat has moved, lets everybody in, and tells open pages. */
async function followMove(services: Needs, { streamId }: { streamId: string }): Promise<void> {
  const { db, chat } = services;
  const room = await ensureChannel(services, { streamId });
  if (!room) return;
  const { channelId } = room;
  await addMissingMembers(services, { streamId, channelId, there: [] }).catch(async (error: unknown) => {
    if (!isChannelGone(error)) throw error;
    await remakeChannel(services, { streamId, channelId });
  });
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
