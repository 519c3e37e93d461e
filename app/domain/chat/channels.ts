import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { type Chat, mostPeopleAtOnce } from "#app/services/chat.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { chatName } from "./messages.ts";
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

/** Whether an error of the chat service says that there is no such channel. */
export const isChannelGone = (error: unknown): boolean => isServiceError(error) && error.code === "16";

/** Makes a channel again that the chat service has lost, with everybody who is in it by our rows. */
export async function remakeChannel(
  services: Pick<Services, "db" | "chat">,
  { streamId, channelId }: { streamId: string; channelId: string },
): Promise<void> {
  await services.chat.makeChannel(channelId);
  await addMissingMembers(services, { streamId, channelId, there: [] });
}

/** Adds whom our rows have in a channel and the chat service has not. Gives how many they were. */
export async function addMissingMembers(
  { db, chat }: Pick<Services, "db" | "chat">,
  { streamId, channelId, there }: { streamId: string; channelId: string; there: string[] },
): Promise<number> {
  const { rows } = await sql<{ id: string; name: string }>`
    select u.id, u.name from streaming_chat_members m join users u on u.id = m.user_id
    where m.stream_id = ${streamId}::uuid and m.removed_at is null and u.id::text <> all(${there}::text[])
  `.execute(db);
  for (let at = 0; at < rows.length; at += mostPeopleAtOnce) {
    const some = rows.slice(at, at + mostPeopleAtOnce);
    await letIn(
      chat,
      channelId,
      some.map(({ id, name }) => ({ id, name: chatName(name, id) })),
    );
  }
  return rows.length;
}

/** Names people (at most a hundred) to the chat service, and lets them read a channel. */
export async function letIn(
  chat: Chat,
  channelId: string,
  people: { id: string; name: string }[],
): Promise<void> {
  await chat.nameUsers(people);
  await chat.addMembers(
    channelId,
    people.map(({ id }) => id),
  );
}
