import { sql, type Transaction } from "kysely";
import type { Services } from "#app/context.ts";
import { chatMayBeOn, keepInChat, removeFromChat } from "#app/domain/chat/removal.ts";
import { eachOf } from "#app/domain/chat/each-of.ts";
import {
  listEndedPlaces,
  listForfeitedPlaces,
  listPlaces,
  removePlaces,
} from "#app/domain/participants/removal.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { notifyPeople, notifyStreamsOf } from "../changes/notices.ts";
import { grantOf, listAccessOfPeople, mayJoinRoom } from "./decision.ts";

/** A job carries at most so many ids. */
const mostIds = 500;
/** Whoever slipped in while they were being removed is found by these looks, and then by the sweep every 5 s. */
const laterLooksSeconds = [1, 3];

/**
 * What must follow when these people's access may have changed, or a session or device of theirs was ended, in the
 * transaction that does it: their open pages and signal sockets are told, and a job takes them out of rooms and chats where
 * the decision has turned to no, and the session or device out of rooms.
 */
export async function enforceAccess(
  trx: Transaction<Database>,
  queue: Queue,
  userIds: string[],
): Promise<void> {
  const people = [...new Set(userIds)];
  await notifyPeople(trx, people);
  await enqueueAll(trx, queue, people);
}

/**
 * The same when what opens these experiences has changed, for whoever it may be: the open pages of their streams are told,
 * and a job finds the people who may be in rooms and chats.
 */
export async function enforceAccessTo(
  trx: Transaction<Database>,
  queue: Queue,
  experienceIds: string[],
): Promise<void> {
  const experiences = [...new Set(experienceIds)];
  await notifyStreamsOf(trx, experiences);
  for (let at = 0; at < experiences.length; at += mostIds)
    await enqueue(trx, queue, "access.enforce-experiences", {
      experienceIds: experiences.slice(at, at + mostIds),
    });
}

/** Hands everybody who may be in rooms or chats of these experiences to `enforceDecisions`, in batches. */
export async function enforceExperiences(
  { db, queue }: Pick<Needs, "db" | "queue">,
  { experienceIds }: { experienceIds: string[] },
): Promise<void> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct user_id from ${whereabouts} there
    where stream_id = any (array(select id from streams where experience_id = any(${experienceIds}::uuid[])))
  `.execute(db);
  await db.transaction().execute((trx) =>
    enqueueAll(
      trx,
      queue,
      rows.map((row) => row.user_id),
    ),
  );
}

async function enqueueAll(trx: Transaction<Database>, queue: Queue, userIds: string[]): Promise<void> {
  for (let at = 0; at < userIds.length; at += mostIds)
    await enqueue(trx, queue, "access.enforce", { userIds: userIds.slice(at, at + mostIds), looks: 0 });
}

type Needs = Pick<Services, "db" | "livekit" | "chat" | "queue">;

/**
 * Makes rooms and chats agree with the decision about these people: may run twice and late, since it looks at what is
 * true now. Each service is asked even where another does not answer; throws the first failure, and is tried again.
 */
export async function enforceDecisions(
  services: Needs,
  { userIds, looks }: { userIds: string[]; looks: number },
): Promise<void> {
  const { db } = services;
  const rooms: { streamId: string; userId: string }[] = [];
  const staying: { streamId: string; userId: string; mayHost: boolean }[] = [];
  const watching: { streamId: string; userId: string; grantId: string }[] = [];
  const chats: { streamId: string; out: string[]; stay: string[] }[] = [];
  for (const { streamId, people } of await listWhereTheyAre(db, userIds)) {
    const decisions = await listAccessOfPeople(db, { streamId, userIds: people.map(({ userId }) => userId) });
    const isOut = (userId: string) => !decisions.get(userId)?.mayChat;
    for (const { userId, inRoom } of people) {
      const access = decisions.get(userId);
      if (!inRoom) continue;
      const grantId = access && grantOf(access);
      if (!access || !mayJoinRoom(access)) {
        rooms.push({ streamId, userId });
        continue;
      }
      staying.push({ streamId, userId, mayHost: access.mayHost });
      if (grantId) watching.push({ streamId, userId, grantId });
    }
    const inChat = people.filter((person) => person.inChat).map(({ userId }) => userId);
    chats.push({ streamId, out: inChat.filter(isOut), stay: inChat.filter((userId) => !isOut(userId)) });
  }
  const [places, ended] = [await listPlaces(db, rooms), await listEndedPlaces(db, watching)];
  const forfeited = await listForfeitedPlaces(db, staying);
  const done = await Promise.allSettled([
    removePlaces(services, [...places, ...ended, ...forfeited]),
    eachOf(chats, async ({ streamId, out, stay }) => {
      if (stay.length > 0) await keepInChat(db, { streamId, userIds: stay });
      if (out.length > 0) await removeFromChat(services, { streamId, userIds: out });
    }),
  ]);
  const removed = [...rooms, ...(ended.length > 0 ? watching : []), ...forfeited];
  const again = [...new Set(removed.map(({ userId }) => userId))];
  await lookAgain(services, { userIds: again, looks });
  for (const result of done) if (result.status === "rejected") throw result.reason;
}

/** Has these people, who were just taken out of rooms, looked at again after a second and after three; `looks`: so many have been. */
export async function lookAgain(
  { db, queue }: Pick<Needs, "db" | "queue">,
  { userIds, looks }: { userIds: string[]; looks: number },
): Promise<void> {
  const wait = laterLooksSeconds[looks];
  if (userIds.length === 0 || wait === undefined) return;
  const delaySeconds = wait - (laterLooksSeconds[looks - 1] ?? 0);
  await db
    .transaction()
    .execute((trx) => enqueue(trx, queue, "access.enforce", { userIds, looks: looks + 1 }, { delaySeconds }));
}

/** Who may be in the rooms of streams that are on, and who is a member of chats. */
const whereabouts = sql`(
  select p.stream_id, p.user_id, true as in_room, false as in_chat
  from stream_participants p join streams s on s.id = p.stream_id and s.status in ('live', 'rehearsal')
  union all
  select m.stream_id, m.user_id, false, true
  from streaming_chat_members m join streams s on s.id = m.stream_id
  where m.gone_at is null and ${chatMayBeOn}
)`;

type WhereTheyAre = { streamId: string; people: { userId: string; inRoom: boolean; inChat: boolean }[] };

/** The streams in whose rooms these people may be, and those of whose chat they are members. */
async function listWhereTheyAre(db: Db, userIds: string[]): Promise<WhereTheyAre[]> {
  const { rows } = await sql<WhereTheyAre>`
    with people as (
      select stream_id, user_id, bool_or(in_room) as in_room, bool_or(in_chat) as in_chat
      from ${whereabouts} there where user_id = any(${userIds}::uuid[])
      group by stream_id, user_id
    )
    select stream_id as "streamId",
      json_agg(json_build_object('userId', user_id, 'inRoom', in_room, 'inChat', in_chat)) as people
    from people group by stream_id order by stream_id
  `.execute(db);
  return rows;
}
