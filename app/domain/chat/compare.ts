import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import type { Db } from "#db/client.ts";
import { addMissingMembers } from "./channels.ts";
import { eachOf } from "./each-of.ts";
import { removeFromChat } from "./removal.ts";
import { findChatRoom } from "./rooms.ts";

type Needs = Pick<Services, "db" | "chat" | "log">;
type Row = { id: string; text: string; status: string; pinned: boolean; delivered: boolean };

/**
 * Compares a channel's newest hundred messages with our rows, and its members with whom we let in, and makes the channel
 * agree: our rows are the truth. A channel that is not there is made, and who should be in it is let in. What we do not
 * know is deleted there, what we deleted stays deleted, what was changed or deleted there is put right. Gives how many
 * differences it found.
 */
export async function compareChannel(services: Needs, { streamId }: { streamId: string }): Promise<number> {
  const { db, chat } = services;
  const room = await findChatRoom(db, { streamId });
  if (!room?.made) return 0;
  const there = await chat.listMessages(room.channelId);
  const rows = await listRows(
    db,
    streamId,
    there.map(({ id }) => id),
  );
  let differences = 0;
  for (const message of there) {
    const row = rows.get(message.id);
    const shown = row?.status === "shown";
    if (message.deleted ? !shown : shown && message.text === row.text && message.pinned === row.pinned)
      continue;
    differences += 1;
    if (!shown) await chat.hideMessage(message.id);
    else {
      if (message.deleted) await chat.restoreMessage(message.id, message.userId);
      await chat.correctMessage(message.id, { text: row.text, pinned: row.pinned });
    }
  }
  const others = room.moving ? 0 : await compareMembers(services, { streamId, channelId: room.channelId });
  await sql`
    update streaming_chat_rooms set compared_at = clock_timestamp() where stream_id = ${streamId}::uuid
  `.execute(db);
  return differences + others;
}

async function compareMembers(
  services: Needs,
  { streamId, channelId }: { streamId: string; channelId: string },
): Promise<number> {
  const { db, chat } = services;
  const members = await chat.listMembers(channelId);
  let strangers = await listStrangers(db, streamId, members);
  if (strangers.length > 0) {
    // Somebody may have been taken out while we read.
    const still = new Set(await chat.listMembers(channelId));
    strangers = strangers.filter((id) => still.has(id));
  }
  if (strangers.length > 0) await removeFromChat(services, { streamId, userIds: strangers, uninvited: true });
  return strangers.length + (await addMissingMembers(services, { streamId, channelId, there: members }));
}

async function listRows(db: Db, streamId: string, ids: string[]): Promise<Map<string, Row>> {
  const { rows } = await sql<Row>`
    select id::text as id, text, status, pinned_at is not null as pinned, delivered_at is not null as delivered
    from streaming_chat_messages where stream_id = ${streamId}::uuid and id::text = any(${ids}::text[])
  `.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Members there whom we did not let in, or whom the chat service had taken out already. Those who are on their way out are not meant. */
async function listStrangers(db: Db, streamId: string, userIds: string[]): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select there.user_id from unnest(${userIds}::text[]) as there (user_id)
    where not exists (
      select from streaming_chat_members m
      where m.stream_id = ${streamId}::uuid and m.user_id::text = there.user_id and m.gone_at is null)
  `.execute(db);
  return rows.map(({ user_id }) => user_id);
}

const compareEverySeconds = 30;

/** The sweep: each channel of a stream that is on, or was a while ago, half a minute after it was last compared. */
export async function sweepChannels(services: Needs): Promise<void> {
  const { rows } = await sql<{ stream_id: string }>`
    select r.stream_id
    from streaming_chat_rooms r
    join streams s on s.id = r.stream_id
    where r.made_at is not null and r.away_since is null
      and r.compared_at < clock_timestamp() - make_interval(secs => ${compareEverySeconds})
      and (s.status in ('rehearsal', 'live')
        or (s.status = 'scheduled' and (s.chat_before = 'always' or s.starts_at < clock_timestamp() + interval '1 hour'))
        or coalesce(s.ended_at + make_interval(mins => s.chat_after_minutes), s.cancelled_at)
          > clock_timestamp() - interval '1 hour')
    order by r.compared_at
    limit 20
  `.execute(services.db);
  await eachOf(rows, ({ stream_id }) => compareChannel(services, { streamId: stream_id }));
}
