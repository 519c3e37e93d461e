import { type Kysely, sql, type Transaction } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Database, Db } from "#db/client.ts";

/** A device that was not seen for so long has given up its place. */
const silentSeconds = 20;

/** A browser that watches with a grant: a session. */
export type Device = {
  sessionId: string;
  userAgent: string;
  networkAddress: string;
  takenAt: Date;
};

export type TakenPlace =
  | { ok: true }
  /** `full`: others have all places. `ended`: another device of theirs took this one's, so it does not come back by itself. */
  | { ok: false; reason: "full" | "ended"; devices: Device[] };

type Place = { grantId: string; sessionId: string };

/**
 * Takes one of the places that a grant has for devices, or keeps the one that this session has: N at once, counted under
 * the grant's row lock, so that the last place is given once. `again`: the person asks for it, also after another device
 * took its place. Which others have places is told when there is none.
 */
export async function takePlace(
  db: Db,
  { grantId, sessionId, again = false }: Place & { again?: boolean },
): Promise<TakenPlace> {
  if (await touchPlace(db, { grantId, sessionId })) return { ok: true };
  return db.transaction().execute((trx) => takeUnderLock(trx, { grantId, sessionId, again }));
}

/**
 * Takes the place of another device of the same grant: that one's picture ends. It may be gone meanwhile, and then any
 * free place will do. Refuses when neither is there.
 */
export async function replaceDevice(
  db: Db,
  { grantId, sessionId, userId, replaced }: Place & { userId: string; replaced: string },
): Promise<TakenPlace> {
  return db.transaction().execute(async (trx) => {
    await lockGrant(trx, grantId);
    const ended = await trx
      .updateTable("access_grant_devices")
      .set({ ended_at: sql`clock_timestamp()` })
      .where("access_grant_id", "=", grantId)
      .where("session_id", "=", replaced)
      .where("session_id", "<>", sessionId)
      .where("ended_at", "is", null)
      .returning("session_id")
      .execute();
    const taken = await takeUnderLock(trx, { grantId, sessionId, again: true });
    if (ended.length > 0) await notifyChange(trx, { kind: "person", userId });
    return taken;
  });
}

async function takeUnderLock(
  trx: Transaction<Database>,
  { grantId, sessionId, again }: Place & { again: boolean },
): Promise<TakenPlace> {
  const most = await lockGrant(trx, grantId);
  const devices = await listDevices(trx, grantId);
  const others = devices.filter((device) => device.sessionId !== sessionId);
  const { rows } = await sql<{ ended: boolean }>`
    select ended_at is not null as ended from access_grant_devices
    where access_grant_id = ${grantId}::uuid and session_id = ${sessionId}::uuid
  `.execute(trx);
  if (rows[0]?.ended && !again) return { ok: false, reason: "ended", devices: others };
  if (others.length >= most) return { ok: false, reason: "full", devices: others };
  await sql`
    insert into access_grant_devices (access_grant_id, session_id) values (${grantId}::uuid, ${sessionId}::uuid)
    on conflict (access_grant_id, session_id) do update
      set seen_at = clock_timestamp(), ended_at = null,
        taken_at = case
          when access_grant_devices.ended_at is null and ${isHere("access_grant_devices")} then access_grant_devices.taken_at
          else clock_timestamp()
        end
  `.execute(trx);
  return { ok: true };
}

/** Locks a grant's row to the end of the transaction. Gives how many devices its pass lets watch at once. */
async function lockGrant(trx: Transaction<Database>, grantId: string): Promise<number> {
  const { rows } = await sql<{ most: number }>`
    select p.most_devices as most from access_grants g join access_passes p on p.id = g.access_pass_id
    where g.id = ${grantId}::uuid for no key update of g
  `.execute(trx);
  return rows[0]?.most ?? 0;
}

const isHere = (table: "d" | "access_grant_devices") =>
  sql<boolean>`${sql.ref(`${table}.seen_at`)} > clock_timestamp() - make_interval(secs => ${silentSeconds})`;

/** Which devices watch with a grant now, the longest first. */
export async function listDevices(db: Kysely<Database>, grantId: string): Promise<Device[]> {
  const { rows } = await sql<Device>`
    select d.session_id as "sessionId", s.user_agent as "userAgent", s.network_address as "networkAddress",
      d.taken_at as "takenAt"
    from access_grant_devices d
    join sessions s on s.id = d.session_id and s.ended_at is null
    where d.access_grant_id = ${grantId}::uuid and d.ended_at is null and ${isHere("d")}
    order by d.taken_at, d.session_id
  `.execute(db);
  return rows;
}

/** Whether a session has its place, which is kept by that. Writes at most every five seconds. */
export async function touchPlace(db: Kysely<Database>, { grantId, sessionId }: Place): Promise<boolean> {
  const { rows } = await sql<{ stale: boolean }>`
    select d.seen_at < clock_timestamp() - interval '5 seconds' as stale from access_grant_devices d
    where d.access_grant_id = ${grantId}::uuid and d.session_id = ${sessionId}::uuid and d.ended_at is null
      and ${isHere("d")}
  `.execute(db);
  if (rows[0]?.stale) await touchDevices(db, [sessionId]);
  return rows.length > 0;
}

/** Notes that these sessions watch now: each keeps the places that it has. A place that was given up is not taken again. */
export async function touchDevices(db: Kysely<Database>, sessionIds: string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  await sql`
    update access_grant_devices d set seen_at = clock_timestamp()
    from (
      select d.access_grant_id, d.session_id from access_grant_devices d
      where d.session_id = any(${sessionIds}::uuid[]) and d.ended_at is null and ${isHere("d")}
        and d.seen_at < clock_timestamp() - interval '3 seconds'
      order by d.access_grant_id, d.session_id for update
    ) mine
    where d.access_grant_id = mine.access_grant_id and d.session_id = mine.session_id
  `.execute(db);
}
