import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { grantOf, listAccessOfPeople, mayJoinAs } from "#app/domain/access/decision.ts";
import { keepPlaces, wasEnded } from "#app/domain/devices/places.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Db } from "#db/client.ts";
import { listOwners } from "./participants.ts";
import { listSocketless } from "./signal-sockets.ts";

type Needs = Pick<Services, "db" | "livekit">;
/** `recent`: was seen, or given a ticket, so lately that they may be in the room, or on the way into it. */
type Place = { streamId: string; identity: string; recent: boolean };

/** LiveKit takes this long to let a join stand that was under way when its participant was removed. */
export const removalSettlesMs = 100;
/** A ticket is good for one minute, and what LiveKit is asked to let in with it for half of another. */
const recentSeconds = 120;
/** Removals that wait for LiveKit at once. */
const mostAtOnce = 50;

/** Takes a person, with all their tabs, out of these streams' rooms. Gives how many of them were or may have been there. */
export async function removeFromRooms(
  services: Needs,
  { userId, streamIds }: { userId: string; streamIds: string[] },
): Promise<number> {
  const places = await listPlaces(
    services.db,
    streamIds.map((streamId) => ({ streamId, userId })),
  );
  return removePlaces(services, places);
}

const isRecent = sql<boolean>`(
  greatest(p.asked_at, p.signal_seen_at) > clock_timestamp() - make_interval(secs => ${recentSeconds})
)`;

/** The identities under which these people may be in these rooms. */
export async function listPlaces(
  db: Db,
  pairs: readonly { streamId: string; userId: string }[],
): Promise<Place[]> {
  if (pairs.length === 0) return [];
  const { rows } = await sql<Place>`
    select p.stream_id as "streamId", p.identity, ${isRecent} as recent from stream_participants p
    join unnest(${pairs.map(({ streamId }) => streamId)}::uuid[], ${pairs.map(({ userId }) => userId)}::uuid[])
      as out (stream_id, user_id) on out.stream_id = p.stream_id and out.user_id = p.user_id
    join sessions s on s.id = p.session_id
    -- Who has not been signed in there for days cannot be in a room.
    where coalesce(s.ended_at, 'infinity') > clock_timestamp() - interval '2 days'
  `.execute(db);
  return rows;
}

/** The identities of devices that were ended by another one of the same grant. */
export async function listEndedPlaces(
  db: Db,
  people: readonly { streamId: string; userId: string; grantId: string }[],
): Promise<Place[]> {
  if (people.length === 0) return [];
  const { rows } = await sql<Place>`
    select p.stream_id as "streamId", p.identity, ${isRecent} as recent
    from unnest(
      ${people.map(({ streamId }) => streamId)}::uuid[], ${people.map(({ userId }) => userId)}::uuid[],
      ${people.map(({ grantId }) => grantId)}::uuid[]
    ) as here (stream_id, user_id, grant_id)
    join stream_participants p on p.stream_id = here.stream_id and p.user_id = here.user_id
    join access_grant_devices d
      on d.access_grant_id = here.grant_id and d.session_id = p.session_id and ${wasEnded("d")}
  `.execute(db);
  return rows;
}

/**
 * The identities of people who may stay in these rooms, but not under these: in a session that was ended since, or as the host
 * who they may not be any more.
 */
export async function listForfeitedPlaces(
  db: Db,
  people: readonly { streamId: string; userId: string; mayHost: boolean }[],
): Promise<(Place & { userId: string })[]> {
  if (people.length === 0) return [];
  const { rows } = await sql<Place & { userId: string }>`
    select p.stream_id as "streamId", p.identity, ${isRecent} as recent, p.user_id as "userId"
    from unnest(
      ${people.map(({ streamId }) => streamId)}::uuid[], ${people.map(({ userId }) => userId)}::uuid[],
      ${people.map(({ mayHost }) => mayHost)}::boolean[]
    ) as here (stream_id, user_id, may_host)
    join stream_participants p on p.stream_id = here.stream_id and p.user_id = here.user_id
    join sessions s on s.id = p.session_id
    where s.ended_at > clock_timestamp() - interval '1 hour' or (p.role = 'host' and not here.may_host)
  `.execute(db);
  return rows;
}

/**
 * Removes, waits until joins that were under way have come to stand, and removes again: the gates cut the signal sockets
 * in between. Of those who were not seen lately only whom LiveKit says to be there: they may be many, and each costs a
 * request. Gives how many were or may have been there; removing who is not is no error. Throws the first failure after all
 * were tried.
 */
export async function removePlaces({ livekit }: Pick<Needs, "livekit">, places: Place[]): Promise<number> {
  if (places.length === 0) return 0;
  const recent = places.filter((place) => place.recent);
  const others = Map.groupBy(
    places.filter((place) => !place.recent),
    ({ streamId }) => streamId,
  );
  const remove = (some: Place[]) =>
    eachAtOnce(some, ({ streamId, identity }) => livekit.removePerson(streamId, identity));
  const gone = new Set<string>();
  const removePresent = () =>
    eachAtOnce([...others], async ([streamId, known]) => {
      const people = (await livekit.listPeople(streamId)) ?? [];
      const present = new Set(people.map(({ identity }) => identity));
      const there = known.filter(({ identity }) => present.has(identity));
      for (const { identity } of there) gone.add(identity);
      await remove(there);
    });
  const all = async () => {
    const done = await Promise.allSettled([remove(recent), removePresent()]);
    for (const result of done) if (result.status === "rejected") throw result.reason;
  };
  await all();
  await sleep(removalSettlesMs);
  await all();
  return recent.length + gone.size;
}

async function eachAtOnce<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: Math.min(mostAtOnce, items.length) }, async () => {
      for (let item = waiting.pop(); item !== undefined; item = waiting.pop())
        await work(item).catch((error: unknown) => void failures.push(error));
    }),
  );
  if (failures.length > 0) throw failures[0];
}

/**
 * Takes everybody out of a stream's room who may not be in it, or not as its host, viewers of whom we know nothing, who has
 * signed out, devices without a place, and (`gated`) whoever has no signal socket. Who is in a room watches, so that keeps a place. It is what
 * follows when somebody joins, and what the sweep does: a token that was given before can be used again. Undefined when LiveKit has no such room; otherwise how many were taken out.
 */
export async function sweepRoom(
  { db, livekit }: Needs,
  { streamId, gated }: { streamId: string; gated: boolean },
): Promise<number | undefined> {
  const people = await livekit.listPeople(streamId);
  if (!people) return undefined;
  const identities = people.filter(({ recorder }) => !recorder).map(({ identity }) => identity);
  if (identities.length === 0) return 0;
  const owners = await listOwners(db, { streamId, identities });
  const userIds = [...new Set([...owners.values()].map(({ userId }) => userId))];
  const decisions = await listAccessOfPeople(db, { streamId, userIds });
  const socketless = gated ? await listSocketless(db, identities) : new Set<string>();
  const staying = new Set<string>();
  const watching: { identity: string; grantId: string; sessionId: string; streamId: string }[] = [];
  for (const identity of identities) {
    const owner = owners.get(identity);
    const access = owner && decisions.get(owner.userId);
    if (!access || !mayJoinAs(access, owner.role) || socketless.has(identity)) continue;
    const grantId = grantOf(access);
    if (grantId) watching.push({ identity, grantId, sessionId: owner.sessionId, streamId });
    else staying.add(identity);
  }
  const placed = await keepPlaces(db, watching);
  watching.forEach(({ identity }, at) => placed[at] && staying.add(identity));
  const out = identities.filter((identity) => !staying.has(identity));
  await eachAtOnce(out, (identity) => livekit.removePerson(streamId, identity));
  return out.length;
}

/** The sweep over all rooms that are on. One that LiveKit has lost (it was started again) is made again. */
export async function sweepRooms(
  services: Pick<Services, "db" | "livekit" | "config" | "log">,
): Promise<void> {
  const { db, livekit, config, log } = services;
  const on = await db
    .selectFrom("streams")
    .select("id")
    .where("status", "in", ["live", "rehearsal"])
    .execute();
  const gated = config.livekit.publicUrl === null;
  const failures: unknown[] = [];
  await eachAtOnce(on, async ({ id: streamId }) => {
    try {
      if ((await sweepRoom(services, { streamId, gated })) !== undefined) return;
      if (!(await isOn(db, streamId))) return;
      await livekit.openRoom(streamId, { graceSeconds: config.hostGraceSeconds });
      log.warn({ streamId }, "LiveKit had lost the room: made again");
    } catch (error) {
      if (!isServiceError(error)) throw error;
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
}

/** Asked again right before a room is made: a stream that has just ended has just lost its room rightly. */
export async function isOn(db: Db, streamId: string): Promise<boolean> {
  const row = await db
    .selectFrom("streams")
    .select("id")
    .where("id", "=", streamId)
    .where("status", "in", ["live", "rehearsal"])
    .executeTakeFirst();
  return row !== undefined;
}
