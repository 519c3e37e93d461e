import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { findChatRoom } from "./rooms.ts";

/** The id of a stream's channel, which is made at the chat service when it is not there yet; undefined without a stream. */
export async function ensureChannel(
  { db, chat }: Pick<Services, "db" | "chat">,
  { streamId }: { streamId: string },
): Promise<string | undefined> {
  const room = await findChatRoom(db, { streamId });
  if (!room) return undefined;
  if (!room.made) {
    await chat.makeChannel(room.channelId);
    await sql`
      update streaming_chat_rooms set made_at = coalesce(made_at, clock_timestamp()) where stream_id = ${streamId}::uuid
    `.execute(db);
  }
  return room.channelId;
}
