import { type Kysely, sql } from "kysely";
import { type AccessDecision, type AccessReason, findAccess } from "#app/domain/access/decision.ts";
import { chatPhase, type ChatPhase } from "#app/domain/chat/phase.ts";
import { problemWords } from "#app/domain/recordings/piece-words.ts";
import { waits } from "#app/domain/recordings/stores.ts";
import type { Database } from "#db/client.ts";
import type { RecordingStatus, StreamChatBefore, StreamEndedReason, StreamStatus } from "#db/types.ts";

/** What an open page of a stream knows of it; times are ISO. A viewer's has nothing of the team's in it. */
export type StreamState = {
  streamId: string;
  title: string;
  /** A rehearsal is the team's: everybody else is told "scheduled". */
  status: StreamStatus;
  startsAt: string;
  liveAt: string | null;
  hostAbsentSince: string | null;
  endedAt: string | null;
  endedReason: StreamEndedReason | null;
  recording: RecordingState | null;
  /** Whose segments show it with a delay while it is live, once there are any; of those who may watch. */
  liveRecordingId: string | null;
  /** Who broadcasts; the team only. `mine`: the person asked for, whose tab it may or may not be. */
  leaseHolder: { name: string; mine: boolean; tab: string } | null;
  access: "yes" | AccessReason;
  /** Of those who may read it; null for everybody else. */
  chat: ChatState | null;
  /** Reported messages that wait for a look; the team only. */
  reports: number | null;
};

export type ChatState = {
  phase: ChatPhase;
  /** When it opens, or becomes read-only, by the clock alone (ISO). */
  opensAt: string | null;
  closesAt: string | null;
  slowModeSeconds: number;
  frozen: boolean;
  linksAllowed: boolean;
  /** The chat service cannot be reached: what is said comes through the page socket. */
  away: boolean;
  /** Its channel at the chat service; null while there is none that could be read. */
  channelId: string | null;
};

export type RecordingState = {
  id: string;
  status: RecordingStatus;
  /** Why it failed, or what is wrong with it; the team only. */
  reason: string;
  /** What is recorded up to here is verified. To viewers only when the stream has ended. */
  safeUntil: string | null;
  /** While it runs: why what is verified is behind, and by how many seconds; null while it is not. The team only. */
  lag: { reason: string; seconds: number } | null;
  /**
   * From when on it is recorded and verified in the store beside alone, and waits to be copied to where viewers read (null: all
   * of it, or nobody knows), and for how many seconds that is; null while all is there. The team only.
   */
  waits: { since: string | null; seconds: number } | null;
  /** How many segments were left out of it, and what is wrong with the last of them (in words); the team only. */
  leftOut: { count: number; last: string } | null;
  /** What has not been to be seen or heard for a minute and more although it is sent; the team only. */
  blanks: { kind: "black" | "silent"; published: "on" | "off"; since: string }[];
  /** Of what plays of it. */
  durationMs: number;
  /** The MP4 is there. */
  exportReady: boolean;
  /** The number of its edit: with another one the replay is another. */
  edit: number;
  /** There is a recording, and viewers do not get it. */
  withheld: "hidden" | "deleted" | null;
};

/** All that is true of a stream, before it is said to whom. */
export type StreamFacts = {
  streamId: string;
  title: string;
  status: StreamStatus;
  startsAt: string;
  liveAt: string | null;
  hostAbsentSince: string | null;
  endedAt: string | null;
  endedReason: StreamEndedReason | null;
  recording: RecordingState | null;
  /** Something of it that plays is where viewers read. */
  hasStored: boolean;
  lease: { userId: string; name: string; tab: string } | null;
  chat: ChatState;
  reports: number;
  /** The database's clock when this was read. */
  at: string;
};

/** The state of a stream as `userId` (null: nobody signed in) may know it; undefined when there is no such stream. */
export async function findStreamState(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string; userId: string | null },
): Promise<StreamState | undefined> {
  const facts = await findStreamFacts(db, streamId);
  const access = facts && (await findAccess(db, { streamId, userId }));
  return access && stateFor(facts, { access, userId });
}

/**
 * The batch form, for many open pages: read the facts once, ask `listAccessOfPeople` once, and say them to each with `stateFor`.
 */
export async function findStreamFacts(
  db: Kysely<Database>,
  streamId: string,
): Promise<StreamFacts | undefined> {
  const { rows } = await sql<FactsRow>`
    select ${factColumns} from streams s ${factJoins} where s.id = ${streamId}::uuid
  `.execute(db);
  return rows[0] && toFacts(rows[0]);
}

/** What somebody with this decision may know of it. */
export function stateFor(
  facts: StreamFacts,
  { access, userId }: { access: AccessDecision; userId: string | null },
): StreamState {
  const team = access.role === "host" || access.role === "moderator";
  const over = facts.status === "ended" || facts.status === "cancelled";
  const { streamId, title, startsAt, liveAt, endedAt } = facts;
  return {
    streamId,
    title,
    status: facts.status === "rehearsal" && !team ? "scheduled" : facts.status,
    startsAt,
    liveAt,
    hostAbsentSince: access.mayWatch ? facts.hostAbsentSince : null,
    endedAt,
    endedReason: access.mayWatch ? facts.endedReason : null,
    recording: team
      ? facts.recording
      : access.mayWatch && over
        ? forViewers(facts.recording)
        : forPublic(facts.recording),
    liveRecordingId: access.mayWatch ? liveRecordingOf(facts) : null,
    leaseHolder:
      team && facts.lease
        ? { name: facts.lease.name, tab: facts.lease.tab, mine: facts.lease.userId === userId }
        : null,
    access: access.mayWatch ? "yes" : access.reason,
    chat: access.mayChat ? facts.chat : null,
    reports: team ? facts.reports : null,
  };
}

const liveRecordingOf = ({ status, recording, hasStored }: StreamFacts) =>
  status === "live" && recording?.safeUntil && hasStored && isUnfinished(recording) ? recording.id : null;

const isUnfinished = ({ status }: RecordingState) => status !== "ready" && status !== "failed";

/** How it is getting on is the team's. */
const untold = { reason: "", lag: null, waits: null, leftOut: null, blanks: [] };

/** Up to where it is safe is told of the storage that they would get it from. */
const forViewers = (recording: RecordingState | null) =>
  recording && {
    ...recording,
    ...untold,
    safeUntil: recording.waits ? recording.waits.since : recording.safeUntil,
  };

/** That there is a replay stands on the public page, too; how a recording is getting on does not. */
const forPublic = (recording: RecordingState | null) =>
  recording?.status === "ready" && !recording.withheld
    ? { ...recording, ...untold, safeUntil: null, exportReady: false }
    : null;

export type FactsRow = {
  stream_id: string;
  title: string;
  status: StreamStatus;
  starts_at: Date;
  live_at: Date | null;
  host_absent_since: Date | null;
  ended_at: Date | null;
  ended_reason: StreamEndedReason | null;
  recording_id: string | null;
  recording_status: RecordingStatus | null;
  recording_reason: string | null;
  recording_ms: number | null;
  safe_until: Date | null;
  behind_seconds: number | null;
  lag: string | null;
  waiting: number | null;
  waiting_since: Date | null;
  waiting_seconds: number | null;
  has_stored: boolean | null;
  left_out: number | null;
  left_out_last: string | null;
  blanks: { kind: "black" | "silent"; published: "on" | "off"; since: string }[] | null;
  export_ready: boolean | null;
  recording_edit: number | null;
  withheld: "hidden" | "deleted" | null;
  lease_user_id: string | null;
  lease_name: string | null;
  lease_tab: string | null;
  chat_before: StreamChatBefore;
  chat_after_minutes: number;
  slow_mode_seconds: number | null;
  chat_frozen: boolean;
  links_allowed: boolean | null;
  chat_away: boolean;
  chat_channel_id: string | null;
  reports: number;
  at: Date;
};

/** The columns of a `FactsRow`, for a query from `streams s` with `factJoins`. */
export const factColumns = sql`
  s.id as stream_id, s.title, s.status, s.starts_at, s.live_at, s.host_absent_since, s.ended_at, s.ended_reason,
  r.id as recording_id, r.status as recording_status, r.reason as recording_reason, r.duration_ms as recording_ms,
  r.safe_until, extract(epoch from clock_timestamp() - r.safe_until)::float8 as behind_seconds, r.lag,
  r.waiting, r.waiting_since, extract(epoch from clock_timestamp() - r.waiting_since)::float8 as waiting_seconds,
  r.has_stored, r.left_out, r.left_out_last, r.blanks, r.export_ready, r.edit as recording_edit, r.withheld, l.user_id as lease_user_id, l.tab as lease_tab, l.name as lease_name,
  s.chat_before, s.chat_after_minutes, c.slow_mode_seconds, c.frozen_at is not null as chat_frozen, c.links_allowed,
  c.away_since is not null as chat_away,
  case when c.made_at is not null and (c.moved_at is null or c.told_at >= c.moved_at) then c.channel_id end
    as chat_channel_id,
  (
    select count(distinct x.message_id)::integer
    from streaming_chat_reports x
    join streaming_chat_messages m on m.id = x.message_id and m.status = 'shown'
    where x.stream_id = s.id and x.settled_at is null
  ) as reports, clock_timestamp() as at
`;

export const factJoins = sql`
  left join streaming_chat_rooms c on c.stream_id = s.id
  left join lateral (
    select r.id, r.status, r.reason, r.edit,
      coalesce((
        select e.duration_ms from streaming_recording_edits e where e.recording_id = r.id and e.number = r.edit
      ), r.duration_ms) as duration_ms,
      case when r.deleted_at is not null then 'deleted' when r.hidden_at is not null then 'hidden' end as withheld,
      exists (
        select from streaming_recording_exports x
        where x.recording_id = r.id and x.kind = 'mp4' and x.status = 'ready'
      ) as export_ready,
      (
        select g.program_time + make_interval(secs => g.duration_ticks / 90000.0)
        from streaming_recording_attempts a
        join streaming_recording_segments g on g.attempt_id = a.id and g.problem is null
        where a.recording_id = r.id and g.program_time is not null
        order by a.number desc, g.number desc
        limit 1
      ) as safe_until,
      (
        select case when a.status not in ('complete', 'failed', 'aborted') then coalesce(a.lag, 'unknown')
          else 'restarting' end
        from streaming_recording_attempts a
        where a.recording_id = r.id
        order by a.number desc
        limit 1
      ) as lag,
      beside.count as waiting, beside.since as waiting_since,
      exists (
        select from streaming_recording_attempts a
        join streaming_recording_segments g on g.attempt_id = a.id and g.problem is null and not g.awaits_copy
        where a.recording_id = r.id
      ) as has_stored,
      left_out.count as left_out, left_out.last as left_out_last,
      (
        select jsonb_agg(jsonb_build_object('kind', b.kind, 'published', b.published, 'since', b.since) order by b.kind)
        from streaming_recording_blanks b
        where b.recording_id = r.id and b.until is null
      ) as blanks
    from streaming_recordings r
    left join lateral (
      select count(*)::integer as count,
        (array_agg(g.problem order by a.number desc, g.number desc))[1] as last
      from streaming_recording_attempts a
      join streaming_recording_segments g on g.attempt_id = a.id and g.problem is not null
      where a.recording_id = r.id
    ) left_out on true
    left join lateral (
      select count(*)::integer as count, min(g.program_time) as since
      from streaming_recording_attempts a
      join streaming_recording_segments g on g.attempt_id = a.id and ${waits}
      where a.recording_id = r.id
    ) beside on true
    where r.stream_id = s.id
    -- One that plays before one that failed or was deleted, then the newest.
    order by r.status = 'failed', r.deleted_at is not null, r.created_at desc
    limit 1
  ) r on true
  left join lateral (
    select l.user_id, l.tab, coalesce(nullif(u.name, ''), u.email) as name
    from stream_host_leases l
    join users u on u.id = l.user_id
    where l.stream_id = s.id
  ) l on s.status in ('rehearsal', 'live')
`;

/** A segment takes two seconds to be recorded, and two to five to come and be read. */
const usualSeconds = 10;

function lagOf({ status, recording_status, behind_seconds, lag }: FactsRow): RecordingState["lag"] {
  const runs = recording_status === "starting" || recording_status === "recording";
  if (status !== "live" || !runs || behind_seconds === null || behind_seconds < usualSeconds) return null;
  return { reason: lag ?? "unknown", seconds: Math.floor(behind_seconds) };
}

/** While it is live, what has just been verified is on its way; once it is over, whatever waits is missing from the replay. */
function waitsOf(row: FactsRow): RecordingState["waits"] {
  const { status, waiting, waiting_since: since, waiting_seconds: seconds } = row;
  if (!waiting || (status === "live" && (seconds ?? 0) < usualSeconds)) return null;
  return { since: since?.toISOString() ?? null, seconds: Math.max(0, Math.floor(seconds ?? 0)) };
}

export function toFacts(row: FactsRow): StreamFacts {
  const { phase, opensAt, closesAt } = chatPhase(
    {
      status: row.status,
      startsAt: row.starts_at,
      endedAt: row.ended_at,
      chatBefore: row.chat_before,
      chatAfterMinutes: row.chat_after_minutes,
    },
    row.at,
  );
  return {
    streamId: row.stream_id,
    title: row.title,
    status: row.status,
    startsAt: row.starts_at.toISOString(),
    liveAt: row.live_at?.toISOString() ?? null,
    hostAbsentSince: row.host_absent_since?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    endedReason: row.ended_reason,
    recording:
      row.recording_id && row.recording_status
        ? {
            id: row.recording_id,
            status: row.recording_status,
            reason: row.recording_reason ?? "",
            safeUntil: row.safe_until?.toISOString() ?? null,
            lag: lagOf(row),
            waits: waitsOf(row),
            leftOut: row.left_out
              ? { count: row.left_out, last: problemWords(row.left_out_last ?? "") }
              : null,
            blanks: row.blanks ?? [],
            durationMs: row.recording_ms ?? 0,
            exportReady: row.export_ready ?? false,
            edit: row.recording_edit ?? 0,
            withheld: row.withheld,
          }
        : null,
    hasStored: row.has_stored ?? false,
    lease:
      row.lease_user_id && row.lease_tab
        ? { userId: row.lease_user_id, name: row.lease_name ?? "", tab: row.lease_tab }
        : null,
    chat: {
      phase,
      opensAt: opensAt?.toISOString() ?? null,
      closesAt: closesAt?.toISOString() ?? null,
      slowModeSeconds: row.slow_mode_seconds ?? 0,
      frozen: row.chat_frozen,
      linksAllowed: row.links_allowed ?? false,
      away: row.chat_away,
      channelId: row.chat_channel_id,
    },
    reports: row.reports,
    at: row.at.toISOString(),
  };
}
