import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Db } from "#db/client.ts";
import { addMissingMembers } from "./channels.ts";
import { removeFromChat } from "./removal.ts";
import { findChatRoom } from "./rooms.ts";

type Needs = Pick<Services, "db" | "chat" | "log">;
type Row = { id: string; text: string; status: string; pinned: boolean; delivered: boolean };

/**
 * Compares a channel's newest hundred messages with our rows, and its members with whom we let in, and makes the channel
 * agree: our rows are the truth. A channel that is not there is made, and who should be in it is let in. What we do not
 * know is deleted there, what we deleted stays deleted, what was changed or deleted there is put right. More members than
 * come with the messages are compared only with `allMembers`. Gives how many differences it found.
 */
export async function compareChannel(
  services: Needs,
  { streamId, allMembers = true }: { streamId: string; allMembers?: boolean },
): Promise<number> {
  const { db, chat } = services;
  const room = await findChatRoom(db, { streamId });
  if (!room?.made) return 0;
  const { channelId } = room;
  const there = await chat.readChannel(channelId);
  let differences = 0;
  if (!room.moving && (there.members || allMembers)) {
    const members = there.members ?? (await chat.listMembers(channelId));
    differences += await compareMembers(services, { streamId, channelId, members });
  }
  const rows = await listRows(
    db,
    streamId,
    there.messages.map(({ id }) => id),
  );
  for (const message of there.messages) {
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
  await sql`
    update streaming_chat_rooms set compared_at = clock_timestamp() where stream_id = ${streamId}::uuid
  `.execute(db);
  return differences;
}

async function compareMembers(
  services: Needs,
  { streamId, channelId, members }: { streamId: string; channelId: string; members: string[] },
): Promise<number> {
  const { db, chat } = services;
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

/**
 * A channel of a stream that is on is compared in each turn of the sweep, which comes every 5 seconds (a little less: timers
 * are early as well as late), and one that is not, and a list of more than a hundred members, every half minute.
 */
const everySeconds = { on: 4, else: 29 };
/**
 * At most so many channels in a turn. Each is one call, so 1,200 a minute; the chat service takes 10,000 of these ("Get or
 * Create Channel") a minute on its smallest plan, and 300 that list members: https://getstream.io/chat/docs/react/rate-limits/
 */
const mostATurn = 100;
const atOnce = 4;

/**
 * The sweep over channels of streams that are on, or were a while ago. Each is claimed before it is compared, so that
 * workers whose turns overlap share them. One that fails keeps nobody else waiting, unless the chat service does not answer:
 * that ends the turn. Throws the first failure.
 */
export async function sweepChannels(services: Needs): Promise<void> {
  const failures: unknown[] = [];
  let left = mostATurn;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const claimed = await claimChannel(services.db);
      if (!claimed) return;
      try {
        await compareChannel(services, claimed);
      } catch (error) {
        failures.push(error);
        if (isServiceError(error) && error.retryable) left = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failures.length > 0) throw failures[0];
}

async function claimChannel(db: Db): Promise<{ streamId: string; allMembers: boolean } | undefined> {
  const { rows } = await sql<{ streamId: string; allMembers: boolean }>`
    update streaming_chat_rooms r
    set compared_at = clock_timestamp(),
      members_compared_at = case when due.members then clock_timestamp() else r.members_compared_at end
    from (
      select r.stream_id,
        r.members_compared_at < clock_timestamp() - make_interval(secs => ${everySeconds.else}) as members
      from streaming_chat_rooms r
      join streams s on s.id = r.stream_id
      where r.made_at is not null and r.away_since is null
        and r.compared_at < clock_timestamp() - make_interval(secs =>
          case when s.status in ('rehearsal', 'live') then ${everySeconds.on}::int else ${everySeconds.else}::int end)
        and (s.status in ('rehearsal', 'live')
          or (s.status = 'scheduled' and (s.chat_before = 'always' or s.starts_at < clock_timestamp() + interval '1 hour'))
          or coalesce(s.ended_at + make_interval(mins => s.chat_after_minutes), s.cancelled_at)
            > clock_timestamp() - interval '1 hour')
      order by r.compared_at
      limit 1
      for update of r skip locked
    ) due
    where r.stream_id = due.stream_id
    returning r.stream_id as "streamId", due.members as "allMembers"
  `.execute(db);
  return rows[0];
}
