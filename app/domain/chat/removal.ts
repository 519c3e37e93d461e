import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { listAccessOfPeople } from "#app/domain/access/decision.ts";
import { mostPeopleAtOnce } from "#app/services/chat.ts";
import type { Db } from "#db/client.ts";
import { eachOf } from "./each-of.ts";

type Needs = Pick<Services, "db" | "chat">;

/** Takes people out of a stream's channel, and notes it when the chat service has done so. */
export async function removeFromChat(
  { db, chat }: Needs,
  { streamId, userIds }: { streamId: string; userIds: string[] },
): Promise<void> {
  const room = await db
    .selectFrom("streaming_chat_rooms")
    .select("channel_id")
    .where("stream_id", "=", streamId)
    .executeTakeFirst();
  if (!room) return;
  for (let at = 0; at < userIds.length; at += mostPeopleAtOnce) {
    const some = userIds.slice(at, at + mostPeopleAtOnce);
    await chat.removeMembers(room.channel_id, some);
    await markRemoved(db, { streamId, userIds: some });
  }
}

async function markRemoved(
  db: Db,
  { streamId, userIds }: { streamId: string; userIds: string[] },
): Promise<void> {
  await sql`
    update streaming_chat_members set removed_at = clock_timestamp()
    where stream_id = ${streamId}::uuid and user_id = any(${userIds}::uuid[]) and removed_at is null
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
