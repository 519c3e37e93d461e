import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { type Chat, mostPeopleAtOnce } from "#app/services/chat.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { chatName } from "./messages.ts";
import { type ChatRoom, findChatRoom } from "./rooms.ts";

type Needs = Pick<Services, "db" | "chat" | "log">;
type Channel = { streamId: string; channelId: string };
type Person = { id: string; name: string };

/** A stream's chat with its channel, which is made at the chat service when it is not there yet; undefined without a stream. */
export async function ensureChannel(
  { db, chat }: Pick<Services, "db" | "chat">,
  { streamId }: { streamId: string },
): Promise<ChatRoom | undefined> {
  const room = await findChatRoom(db, { streamId });
  if (!room || room.made) return room;
  await chat.makeChannel(room.channelId);
  await sql`
    update streaming_chat_rooms set made_at = coalesce(made_at, clock_timestamp())
    where stream_id = ${streamId}::uuid and channel_id = ${room.channelId}
  `.execute(db);
  return { ...room, made: true };
}

/** Whether an error of the chat service says that there is no such channel. */
export const isChannelGone = (error: unknown): boolean => isServiceError(error) && error.code === "16";

/** Whether the chat service will never take it, whoever else may be with it in the same call. */
const isRefusal = (error: unknown): boolean =>
  isServiceError(error) && !error.retryable && !isChannelGone(error);

const beingMade = new WeakMap<Chat, Map<string, Promise<void>>>();

/**
 * Makes a channel again that the chat service has lost, with everybody who is in it by our rows: once, however many miss it
 * at the same moment. One that the chat has left is left alone.
 */
export function remakeChannel(services: Needs, channel: Channel): Promise<void> {
  const { chat } = services;
  const underway = beingMade.get(chat) ?? new Map<string, Promise<void>>();
  beingMade.set(chat, underway);
  const { channelId } = channel;
  const there = underway.get(channelId);
  if (there) return there;
  const made = remake(services, channel).finally(() => underway.delete(channelId));
  underway.set(channelId, made);
  return made;
}

async function remake(services: Needs, { streamId, channelId }: Channel): Promise<void> {
  const room = await findChatRoom(services.db, { streamId });
  if (room?.channelId !== channelId) return;
  await services.chat.makeChannel(channelId);
  await addMissingMembers(services, { streamId, channelId, there: [] });
}

/** Adds whom our rows have in a channel and the chat service has not. Gives how many they were. */
export async function addMissingMembers(
  { db, chat, log }: Needs,
  { streamId, channelId, there }: Channel & { there: string[] },
): Promise<number> {
  const { rows } = await sql<Person>`
    select u.id, u.name from streaming_chat_members m join users u on u.id = m.user_id
    where m.stream_id = ${streamId}::uuid and m.removed_at is null and u.id::text <> all(${there}::text[])
  `.execute(db);
  for (let at = 0; at < rows.length; at += mostPeopleAtOnce) {
    const some = rows.slice(at, at + mostPeopleAtOnce);
    try {
      // It knows them by name from when they came.
      await chat.addMembers(
        channelId,
        some.map(({ id }) => id),
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const people = some.map(({ id, name }) => ({ id, name: chatName(name, id) }));
      await letIn(chat, channelId, people, (person, refusal) =>
        log.error({ err: refusal, streamId, userId: person.id }, "the chat service refuses a person"),
      );
    }
  }
  return rows.length;
}

/**
 * Names people (at most a hundred) to the chat service, and lets them read a channel. One whom it refuses, which
 * `onRefused` is told, keeps nobody else out.
 */
export async function letIn(
  chat: Chat,
  channelId: string,
  people: Person[],
  onRefused: (person: Person, error: unknown) => void,
): Promise<void> {
  try {
    await chat.nameUsers(people);
    await chat.addMembers(
      channelId,
      people.map(({ id }) => id),
    );
  } catch (error) {
    const [only] = people;
    if (!isRefusal(error) || !only) throw error;
    if (people.length === 1) return onRefused(only, error);
    for (const person of people) await letIn(chat, channelId, [person], onRefused);
  }
}
