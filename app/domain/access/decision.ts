import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import type { SpaceRole, StreamStatus } from "#db/types.ts";

/** Why the answer is what it is. The first line of words a page says comes from here. */
export type AccessReason =
  | "team"
  | "grant"
  | "not_signed_in"
  | "no_grant"
  | "grant_not_started"
  | "grant_expired"
  | "grant_cancelled"
  | "grant_refunded"
  | "banned"
  | "account_disabled"
  | "retired";

export type StreamRole = "host" | "moderator" | "viewer";

export type AccessDecision = {
  streamId: string;
  spaceId: string;
  experienceId: string;
  status: StreamStatus;
  reason: AccessReason;
  /** The person's place in this stream, or null for somebody who may not be there. */
  role: StreamRole | null;
  /** May be present: the lobby, the live picture, the replay. Whether there is a picture is the stream's state. */
  mayWatch: boolean;
  mayChat: boolean;
  mayModerate: boolean;
  mayHost: boolean;
  /** A yes ends by itself at this instant (database's clock); null: it has no end of its own. */
  until: Date | null;
  /** Milliseconds of the database's clock until then, for a timer; null as above. */
  remainingMs: number | null;
  /** The end of the grant itself, of somebody who watches by one: a pass that says `finish` outlives it in a live stream. */
  grantEndsAt: Date | null;
  grantId: string | null;
  passName: string | null;
  /** Of somebody who is banned, and of nobody else. */
  ban: Ban | null;
};

/** `until` null: for good. `whole`: from the whole space, not only from this stream. */
export type Ban = { reason: string; until: Date | null; whole: boolean };

type Person = { userId: string | null; streamId: string };

/**
 * May this person (or nobody: `userId` null) watch, chat, moderate and host this stream, and until when. One query, and
 * the only place where access is decided: page loaders, LiveKit tokens, sockets, playlists and segments all ask it.
 * Undefined when there is no such stream. All times are the database's.
 *
 * A team membership makes hosts (owner, host) and moderators, never viewers. A grant counts while it is active and
 * inside its time; with a pass that says `finish`, who was inside it when the stream really started stays to the
 * stream's end. A ban, from the space or from the stream, outweighs a grant, and does not touch the team (its owner cannot be locked out).
 */
export async function findAccess(
  db: Kysely<Database>,
  { userId, streamId }: Person,
): Promise<AccessDecision | undefined> {
  const [decision] = await listAccess(db, { userId, streamIds: [streamId] });
  return decision;
}

/** The same decision for several streams at once, for lists of what somebody may watch; in no order. */
export async function listAccess(
  db: Kysely<Database>,
  { userId, streamIds }: { userId: string | null; streamIds: string[] },
): Promise<AccessDecision[]> {
  return (await decideAll(db, { userIds: [userId], streamIds })).map(({ decision }) => decision);
}

/** The same decision for many people (ids) at once, for the open pages of one stream; whoever is unknown is not in it. */
export async function listAccessOfPeople(
  db: Kysely<Database>,
  { userIds, streamId }: { userIds: string[]; streamId: string },
): Promise<Map<string, AccessDecision>> {
  const decided = await decideAll(db, { userIds, streamIds: [streamId] });
  return new Map(decided.flatMap(({ userId, decision }) => (userId ? [[userId, decision] as const] : [])));
}

type Asked = { userIds: (string | null)[]; streamIds: string[] };

async function decideAll(
  db: Kysely<Database>,
  { userIds, streamIds }: Asked,
): Promise<{ userId: string | null; decision: AccessDecision }[]> {
  // One person and one stream are asked about as such, and not as lists of one: of a list Postgres expects ten, finds its
  // general plan too dear each time, and plans anew, which takes it ten times as long as the answer.
  const people = userIds.length === 1 ? sql`(select ${userIds[0]}::uuid)` : sql`unnest(${userIds}::uuid[])`;
  const ofStreams =
    streamIds.length === 1 ? sql`s.id = ${streamIds[0]}::uuid` : sql`s.id = any(${streamIds}::uuid[])`;
  // statement_timestamp(): the database's clock at this question, the same in every line of it, and not the begin of a
  // transaction that may be old.
  const { rows } = await sql<Row>`
    select asked.id as asked_id, s.id as stream_id, e.space_id, s.experience_id, s.status,
      (e.retired_at is not null or sp.retired_at is not null) as retired,
      u.id is not null as known, u.disabled_at is not null as disabled,
      m.role as team_role,
      b.user_id is not null as banned, b.reason as ban_reason, b.ends_at as ban_ends_at, b.whole_space as ban_whole_space,
      g.id as grant_id, g.pass_name, g.ends_at as grant_ends_at, g.until, g.open, g.why,
      extract(epoch from (g.until - statement_timestamp())) * 1000 as remaining_ms
    from streams s
    join experiences e on e.id = s.experience_id
    join spaces sp on sp.id = e.space_id
    cross join ${people} as asked (id)
    left join users u on u.id = asked.id
    left join space_members m on m.space_id = e.space_id and m.user_id = u.id
    left join lateral (
      select b.user_id, b.reason, b.ends_at, b.stream_id is null as whole_space
      from space_bans_in_force b
      where b.space_id = e.space_id and b.user_id = u.id and (b.stream_id is null or b.stream_id = s.id)
      order by b.ends_at desc nulls first
      limit 1
    ) b on true
    left join lateral (
      select held.id, held.pass_name, held.open, held.ends_at,
        -- "finish": what was running when the stream started lasts as long as the stream does, so it has no end by the clock.
        case when held.stays then null else held.ends_at end as until,
        case
          when held.open then 'grant'
          when held.status = 'cancelled' then 'grant_cancelled'
          when held.status = 'refunded' then 'grant_refunded'
          when held.status = 'active' and held.starts_at > statement_timestamp() then 'grant_not_started'
          else 'grant_expired'
        end as why
      from (
        select g.id, p.name as pass_name, g.status, g.starts_at, g.ends_at, g.status_changed_at,
          stays.stays,
          g.status in ('active', 'expired') and g.starts_at <= statement_timestamp()
            and (stays.stays or (g.status = 'active' and (g.ends_at is null or g.ends_at > statement_timestamp()))) as open
        from access_grants g
        join access_passes p on p.id = g.access_pass_id
        join access_pass_experiences pe on pe.access_pass_id = p.id and pe.experience_id = s.experience_id
        cross join lateral (
          select s.status = 'live' and p.at_expiry = 'finish' and g.status in ('active', 'expired')
            and g.starts_at <= s.live_at and (g.ends_at is null or g.ends_at > s.live_at) as stays
        ) stays
        where g.user_id = u.id
      ) held
      order by
        -- The best grant speaks: an open one, and of those the one that lasts longest.
        held.open desc,
        (held.open and (held.stays or held.ends_at is null)) desc,
        (case when held.open then held.ends_at end) desc nulls last,
        -- Of those that open nothing: one that will, by itself, and otherwise what happened last.
        (held.status = 'active' and held.starts_at > statement_timestamp()) desc,
        (case when held.status = 'active' then held.ends_at else held.status_changed_at end) desc nulls last,
        held.id desc
      limit 1
    ) g on true
    where ${ofStreams}
  `.execute(db);
  return rows.map((row) => ({ userId: row.asked_id, decision: decide(row, row.asked_id) }));
}

type Row = {
  asked_id: string | null;
  stream_id: string;
  space_id: string;
  experience_id: string;
  status: StreamStatus;
  retired: boolean;
  known: boolean;
  disabled: boolean;
  team_role: SpaceRole | null;
  banned: boolean;
  ban_reason: string | null;
  ban_ends_at: Date | null;
  ban_whole_space: boolean | null;
  grant_id: string | null;
  pass_name: string | null;
  grant_ends_at: Date | null;
  until: Date | null;
  open: boolean | null;
  why: AccessReason | null;
  remaining_ms: string | null;
};

function decide(row: Row, userId: string | null): AccessDecision {
  const no = (reason: AccessReason): AccessDecision => ({
    streamId: row.stream_id,
    spaceId: row.space_id,
    experienceId: row.experience_id,
    status: row.status,
    reason,
    role: null,
    mayWatch: false,
    mayChat: false,
    mayModerate: false,
    mayHost: false,
    until: null,
    remainingMs: null,
    grantEndsAt: null,
    grantId: row.grant_id,
    passName: row.pass_name,
    ban: null,
  });
  if (!userId || !row.known) return no("not_signed_in");
  if (row.disabled) return no("account_disabled");
  if (row.team_role) {
    const mayHost = row.team_role !== "moderator";
    const role = mayHost ? "host" : "moderator";
    return { ...no("team"), role, mayWatch: true, mayChat: true, mayModerate: true, mayHost };
  }
  if (row.banned)
    return {
      ...no("banned"),
      ban: {
        reason: row.ban_reason ?? "",
        until: row.ban_ends_at,
        whole: row.ban_whole_space ?? false,
      },
    };
  if (row.retired) return no("retired");
  if (!row.open) return no(row.why ?? "no_grant");
  // Rehearsal is the team's: a viewer keeps the lobby, and gets no picture (see `mayJoinRoom`).
  return {
    ...no("grant"),
    role: "viewer",
    mayWatch: true,
    mayChat: true,
    until: row.until,
    remainingMs: row.remaining_ms === null ? null : Math.max(0, Number(row.remaining_ms)),
    grantEndsAt: row.grant_ends_at,
  };
}

/** The grant by which somebody watches, whose devices are counted. Null for the team, which has no limit, and for who may not. */
export const grantOf = ({ mayWatch, reason, grantId }: AccessDecision): string | null =>
  mayWatch && reason === "grant" ? grantId : null;

/** Whether the decision opens the live room now: viewers while it is live, the team also in rehearsal. */
export function mayJoinRoom(access: AccessDecision): boolean {
  if (!access.mayWatch) return false;
  return access.status === "live" || (access.status === "rehearsal" && access.role !== "viewer");
}

/** The same for an identity in the room: of the team only who may host is there as its host. */
export const mayJoinAs = (access: AccessDecision, role: "host" | "viewer"): boolean =>
  mayJoinRoom(access) && (role === "viewer" || access.mayHost);
