import { type Kysely, sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";

/** A device that was not seen for so long has given up its place. */
const silentSeconds = 30;
/** So long a place is kept without asking anybody; nearer to its end it is taken anew, under the lock. */
const surelyHereSeconds = 25;
/** Places are written down anew at most so often. */
const freshSeconds = 8;
/**
 * Who was ended does not come back by itself for so long, but only when asked to: longer than any ticket or token lasts
 * that was given before, so none of them opens anything, and longer than a page is forgotten in an open browser.
 */
const endedHours = 12;

/** A browser that watches with a grant: a session, and the stream that it watches. Two tabs of it are one device. */
export type Watching = { grantId: string; sessionId: string; streamId: string };

const isHere = (
  table: string,
  seconds = silentSeconds,
) => sql<boolean>`(${sql.ref(`${table}.ended_at`)} is null
  and ${sql.ref(`${table}.seen_at`)} > clock_timestamp() - make_interval(secs => ${seconds}))`;
const isSurelyHere = (table: string) => isHere(table, surelyHereSeconds);

/** Another device took its place, a moment ago, and nobody has asked for it since. */
export const wasEnded = (table: string) =>
  sql<boolean>`(${sql.ref(`${table}.ended_at`)} > clock_timestamp() - make_interval(hours => ${endedHours}))`;

/** How many other devices than that of `session` have a place of `grant`. A session that has ended has none. */
const others = (grant: string, session: string) => sql<number>`(
  select count(*)::integer from access_grant_devices o
  join sessions s on s.id = o.session_id and s.ended_at is null
  where o.access_grant_id = ${sql.ref(grant)} and o.session_id <> ${sql.ref(session)} and ${isHere("o")}
)`;

/** Whether there is a place of the pass `p` for the device of `w`, whose row is `d` if it has one. */
const mayTake = sql<boolean>`(
  ${others("w.grant_id", "w.session_id")} < p.most_devices and not coalesce(${wasEnded("d")}, false)
)`;

const asked = (watching: Watching[]) => sql`unnest(
  ${watching.map(({ grantId }) => grantId)}::uuid[], ${watching.map(({ sessionId }) => sessionId)}::uuid[],
  ${watching.map(({ streamId }) => streamId)}::uuid[]
) with ordinality as w (grant_id, session_id, stream_id, at)`;

/**
 * Whether each of these devices has a place of its grant. It keeps the one that it has, and takes one that is free: as
 * many at once as the pass says, counted under the grant's row lock, so that the last place is given once. Whose place
 * another device took gets none, also where one is free (see `watchHere`). Answers in the order of the questions.
 */
export async function keepPlaces(db: Db, watching: Watching[]): Promise<boolean[]> {
  const held = await keepHeldPlaces(db, watching);
  const taken = await takeFreePlaces(
    db,
    watching.filter((_, at) => !held[at]),
  );
  return held.map((isHeld) => isHeld || Boolean(taken.shift()));
}

/** Whether each of these devices has its place already, and keeps it. Waits for nobody's lock. */
export async function keepHeldPlaces(db: Db, watching: Watching[]): Promise<boolean[]> {
  if (watching.length === 0) return [];
  // Each is looked up by itself, as it is at the signal gate.
  const { rows } = await sql<{ at: number; stale: boolean }>`
    select w.at::integer as at, held.stale
    from ${asked(watching)}
    cross join lateral (
      select d.seen_at < clock_timestamp() - make_interval(secs => ${freshSeconds}) or d.stream_id <> w.stream_id as stale
      from access_grant_devices d
      where d.access_grant_id = w.grant_id and d.session_id = w.session_id and ${isSurelyHere("d")}
      limit 1
    ) held
  `.execute(db);
  const held = new Map(rows.map(({ at, stale }) => [at - 1, stale]));
  const stale = watching.filter((_, at) => held.get(at));
  if (stale.length > 0) await writeSeen(db, stale);
  return watching.map((_, at) => held.has(at));
}

/**
 * Whether each of these devices, which have none surely, got a place that is free. All of them wait for the locks of all their
 * grants.
 */
export async function takeFreePlaces(db: Db, watching: Watching[]): Promise<boolean[]> {
  const taken = await takePlaces(db, await listWithRoom(db, watching));
  return watching.map((one) => taken.has(keyOf(one)));
}

/** The same for one device. */
export async function takePlace(db: Db, watching: Watching): Promise<boolean> {
  const [has = false] = await keepPlaces(db, [watching]);
  return has;
}

/** Notes that these devices still watch: each keeps the place that it has. One that was given up is not taken again. */
export async function touchPlaces(db: Db, watching: Watching[]): Promise<void> {
  if (watching.length > 0)
    await writeSeen(
      db,
      watching,
      sql`d.seen_at < clock_timestamp() - make_interval(secs => ${freshSeconds})`,
    );
}

async function writeSeen(db: Db, watching: Watching[], condition = sql`true`): Promise<void> {
  const once = [...new Map(watching.map((one) => [keyOf(one), one])).values()];
  // A row that somebody else is changing need not be touched, and waiting for it could go round in a circle.
  await sql`
    update access_grant_devices d set seen_at = clock_timestamp(), stream_id = mine.stream_id
    from (
      select w.grant_id, w.session_id, w.stream_id from ${asked(once)}
      join access_grant_devices d on d.access_grant_id = w.grant_id and d.session_id = w.session_id
      where ${isSurelyHere("d")} and ${condition}
      for update of d skip locked
    ) mine
    where d.access_grant_id = mine.grant_id and d.session_id = mine.session_id
  `.execute(db);
}

/** For which of these devices a place seems free: the others need not stand in line for the lock to hear that none is. */
async function listWithRoom(db: Db, watching: Watching[]): Promise<Watching[]> {
  if (watching.length === 0) return [];
  const { rows } = await sql<{ at: number }>`
    select w.at::integer as at
    from ${asked(watching)}
    join access_grants g on g.id = w.grant_id
    join access_passes p on p.id = g.access_pass_id
    left join access_grant_devices d on d.access_grant_id = w.grant_id and d.session_id = w.session_id
    where ${mayTake}
  `.execute(db);
  const room = new Set(rows.map(({ at }) => at - 1));
  return watching.filter((_, at) => room.has(at));
}

/** Gives those that got one. */
async function takePlaces(db: Db, watching: Watching[]): Promise<Set<string>> {
  const taken = new Set<string>();
  let waiting = [...new Map(watching.map((one) => [keyOf(one), one])).values()];
  while (waiting.length > 0) {
    // One of each grant at a time: in one statement they would not see each other.
    const turn = [...Map.groupBy(waiting, ({ grantId }) => grantId).values()].map(([first]) => first!);
    waiting = waiting.filter((one) => !turn.includes(one));
    for (const key of await db.transaction().execute((trx) => takeUnderLock(trx, turn))) taken.add(key);
  }
  return taken;
}

/** Takes a free place for each of these devices, no two of which are of one grant. Gives those that got one. */
export async function takeUnderLock(trx: Transaction<Database>, watching: Watching[]): Promise<string[]> {
  const grantIds = watching.map(({ grantId }) => grantId);
  await sql`
    select from access_grants where id = any(${grantIds}::uuid[]) order by id for no key update
  `.execute(trx);
  const { rows } = await sql<{ grantId: string; sessionId: string }>`
    insert into access_grant_devices as mine (access_grant_id, session_id, stream_id)
    select w.grant_id, w.session_id, w.stream_id
    from ${asked(watching)}
    join access_grants g on g.id = w.grant_id
    join access_passes p on p.id = g.access_pass_id
    left join access_grant_devices d on d.access_grant_id = w.grant_id and d.session_id = w.session_id
    where ${mayTake}
    on conflict (access_grant_id, session_id) do update
      set seen_at = clock_timestamp(), stream_id = excluded.stream_id, ended_at = null,
        taken_at = case when ${isHere("mine")} then mine.taken_at else clock_timestamp() end
    returning access_grant_id as "grantId", session_id as "sessionId"
  `.execute(trx);
  return rows.map(keyOf);
}

export const keyOf = ({ grantId, sessionId }: Pick<Watching, "grantId" | "sessionId">) =>
  `${grantId} ${sessionId}`;

/** A device that watches with a grant now. */
export type Device = {
  sessionId: string;
  userAgent: string;
  networkAddress: string;
  takenAt: Date;
  /** What it watches. */
  streamTitle: string;
};

/** Which devices watch with a grant now, the longest first. */
export async function listDevices(db: Kysely<Database>, grantId: string): Promise<Device[]> {
  const { rows } = await sql<Device>`
    select d.session_id as "sessionId", s.user_agent as "userAgent", s.network_address as "networkAddress",
      d.taken_at as "takenAt", watched.title as "streamTitle"
    from access_grant_devices d
    join sessions s on s.id = d.session_id and s.ended_at is null
    join streams watched on watched.id = d.stream_id
    where d.access_grant_id = ${grantId}::uuid and ${isHere("d")}
    order by d.taken_at, d.session_id
  `.execute(db);
  return rows;
}

/** Why a device gets no place; `most`: how many its pass lets watch at once. */
export type Obstacle = {
  /** `full`: others have all places. `ended`: another device took this one's. */
  reason: "full" | "ended";
  most: number;
  /** Those that have the places. */
  devices: Device[];
};

/** What keeps a device from watching with a grant, or undefined when it has its place or could take one. Changes nothing. */
export async function findObstacle(
  db: Kysely<Database>,
  device: Omit<Watching, "streamId">,
): Promise<Obstacle | undefined> {
  const [obstacle] = await findObstacles(db, [device]);
  return obstacle;
}

/** The same for several devices at once; answers in their order. */
export async function findObstacles(
  db: Kysely<Database>,
  devices: Omit<Watching, "streamId">[],
): Promise<(Obstacle | undefined)[]> {
  const [one] = devices;
  // One is asked about as such: of a list Postgres makes another plan each time.
  const asked =
    one && devices.length === 1
      ? sql`(select ${one.grantId}::uuid, ${one.sessionId}::uuid, 1)`
      : sql`unnest(${devices.map(({ grantId }) => grantId)}::uuid[], ${devices.map(({ sessionId }) => sessionId)}::uuid[])
          with ordinality`;
  const { rows } = await sql<{ at: number; most: number; ended: boolean }>`
    select w.at::integer - 1 as at, p.most_devices as most, coalesce(${wasEnded("d")}, false) as ended
    from ${asked} as w (grant_id, session_id, at)
    join access_grants g on g.id = w.grant_id
    join access_passes p on p.id = g.access_pass_id
    left join access_grant_devices d on d.access_grant_id = w.grant_id and d.session_id = w.session_id
    where not coalesce(${isHere("d")}, false)
      and (coalesce(${wasEnded("d")}, false) or ${others("w.grant_id", "w.session_id")} >= p.most_devices)
  `.execute(db);
  const obstacles = await Promise.all(
    rows.map(async ({ at, most, ended }) => {
      const { grantId, sessionId } = devices[at]!;
      const others = (await listDevices(db, grantId)).filter((device) => device.sessionId !== sessionId);
      return [at, { reason: ended ? "ended" : "full", most, devices: others } as const] as const;
    }),
  );
  const found = new Map<number, Obstacle>(obstacles);
  return devices.map((_, at) => found.get(at));
}

/** Which of these devices were ended by another one, for pages that are open on them (see `keyOf`). */
export async function listEndedDevices(
  db: Db,
  devices: Pick<Watching, "grantId" | "sessionId">[],
): Promise<Set<string>> {
  if (devices.length === 0) return new Set();
  const { rows } = await sql<{ grantId: string; sessionId: string }>`
    select d.access_grant_id as "grantId", d.session_id as "sessionId"
    from unnest(${devices.map(({ grantId }) => grantId)}::uuid[], ${devices.map(({ sessionId }) => sessionId)}::uuid[])
      as w (grant_id, session_id)
    join access_grant_devices d on d.access_grant_id = w.grant_id and d.session_id = w.session_id and ${wasEnded("d")}
  `.execute(db);
  return new Set(rows.map(keyOf));
}
