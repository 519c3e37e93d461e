import { randomBytes } from "node:crypto";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";

export type ViewerTab = { streamId: string; userId: string; sessionId: string; tab: string };

/**
 * As many tabs of one session as may have signal sockets. Each has an identity, and whoever is put out is put out under all
 * of theirs: without a bound a removal would take as long as its own subject likes.
 */
export const mostTabsOfSession = 20;
/** Whose socket was noted in this time is connected: a gate notes them every 5 s. */
const connectedSeconds = 60;

/**
 * The LiveKit identity under which this browser tab watches this stream, the same each time. LiveKit shows identities to
 * everybody in the room, so it says nothing; who stands behind it is our row. A session has 20: the next tab gets that of
 * the tab which was not connected for longest.
 */
export async function claimViewerIdentity(db: Db, viewer: ViewerTab): Promise<string> {
  return (
    (await askAgain(db, viewer)) ?? (await db.transaction().execute((trx) => insertIdentity(trx, viewer)))
  );
}

async function askAgain(db: Kysely<Database>, { streamId, sessionId, tab }: ViewerTab) {
  const known = await db
    .updateTable("stream_participants")
    .set({ asked_at: sql`clock_timestamp()` })
    .where("stream_id", "=", streamId)
    .where("session_id", "=", sessionId)
    .where("tab", "=", tab)
    .where("role", "=", "viewer")
    .returning("identity")
    .executeTakeFirst();
  return known?.identity;
}

async function insertIdentity(trx: Transaction<Database>, viewer: ViewerTab): Promise<string> {
  const { streamId, userId, sessionId, tab } = viewer;
  // One new tab of a session after the other, so that the bound holds.
  await sql`select from sessions where id = ${sessionId}::uuid for no key update`.execute(trx);
  const meanwhile = await askAgain(trx, viewer);
  if (meanwhile) return meanwhile;
  const { rows } = await sql<{ identity: string }>`
    with tabs as (
      select identity, coalesce(signal_seen_at, created_at) as seen_at,
        coalesce(signal_seen_at > clock_timestamp() - make_interval(secs => ${connectedSeconds}), false) as connected
      from stream_participants
      where stream_id = ${streamId}::uuid and session_id = ${sessionId}::uuid and role = 'viewer'
    )
    update stream_participants p
    set tab = ${tab}, created_at = clock_timestamp(), asked_at = clock_timestamp(), signal_seen_at = null
    where p.identity = (select identity from tabs order by connected, seen_at limit 1)
      and (select count(*) from tabs) >= ${mostTabsOfSession}
    returning p.identity
  `.execute(trx);
  if (rows[0]) return rows[0].identity;
  const { identity } = await trx
    .insertInto("stream_participants")
    .values({
      identity: `v_${randomBytes(12).toString("base64url")}`,
      stream_id: streamId,
      user_id: userId,
      session_id: sessionId,
      tab,
      role: "viewer",
    })
    .returning("identity")
    .executeTakeFirstOrThrow();
  return identity;
}

/** A tab that asked for a ticket is in the room within this time, or does not come; a gate notes those that are there every 5 s. */
const hereSeconds = 20;

/**
 * Whether so many viewers' tabs are in a room, or about to come, that another one has no place; one that is there keeps
 * its own. Those who ask in the same moment do not see each other, so there may be some more than the ceiling.
 */
export async function isRoomFull(
  db: Kysely<Database>,
  { streamId, sessionId, tab, roomCeiling }: Omit<ViewerTab, "userId"> & { roomCeiling: number },
): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean; count: number }>`
    select coalesce(bool_or(here.mine), false) as mine, count(*)::integer as count
    from (
      select p.session_id = ${sessionId}::uuid and p.tab = ${tab} as mine
      from stream_participants p
      where p.stream_id = ${streamId}::uuid and p.role = 'viewer'
        and greatest(p.signal_seen_at, p.asked_at) > clock_timestamp() - make_interval(secs => ${hereSeconds})
    ) here
  `.execute(db);
  const [{ mine, count } = { mine: false, count: 0 }] = rows;
  return !mine && count >= roomCeiling;
}

export type Owner = { userId: string; sessionId: string; role: "host" | "viewer" };

/** Whose each of these identities is; nobody's when the person has signed out there. */
export async function listOwners(
  db: Kysely<Database>,
  { streamId, identities }: { streamId: string; identities: string[] },
): Promise<Map<string, Owner>> {
  const { rows } = await sql<Owner & { identity: string }>`
    select p.identity, p.user_id as "userId", p.session_id as "sessionId", p.role
    from stream_participants p join sessions s on s.id = p.session_id and s.ended_at is null
    where p.stream_id = ${streamId}::uuid and p.identity = any(${identities}::text[])
  `.execute(db);
  return new Map(rows.map(({ identity, ...owner }) => [identity, owner]));
}
