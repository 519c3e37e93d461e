import { sql } from "kysely";
import { problemWords } from "./piece-words.ts";
import { waits } from "./stores.ts";
import type { RecordingExportStatus, RecordingStatus, StreamStatus } from "#db/types.ts";

/** How a stream's recording is getting on. */
export type RecordingState = {
  id: string;
  status: RecordingStatus;
  /** Why it failed, or what is wrong with it; the team only. */
  reason: string;
  /** What is recorded up to here is verified. To viewers only when the stream has ended. */
  safeUntil: string | null;
  /**
   * While it runs: why what is verified is behind, and by how many seconds, from its beginning on where nothing is verified
   * yet; null while it is not. The team only.
   */
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
  /** How the making of the MP4 goes, and why it does not; null before it is asked for. The team only. */
  mp4: { status: RecordingExportStatus; reason: string } | null;
  /** The number of its edit: with another one the replay is another. */
  edit: number;
  /** There is a recording, and viewers do not get it. */
  withheld: "hidden" | "deleted" | null;
};

/** What a query of a stream's facts has of its recording. */
export type RecordingRow = {
  status: StreamStatus;
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
  mp4: { status: RecordingExportStatus; reason: string } | null;
  recording_edit: number | null;
  withheld: "hidden" | "deleted" | null;
};

/** The columns of a `RecordingRow` but the first, for a query from `streams s` with `recordingJoin`. */
export const recordingColumns = sql`
  r.id as recording_id, r.status as recording_status, r.reason as recording_reason, r.duration_ms as recording_ms,
  r.safe_until, extract(epoch from clock_timestamp() - coalesce(r.safe_until, r.started_at))::float8 as behind_seconds,
  r.lag,
  r.waiting, r.waiting_since, extract(epoch from clock_timestamp() - r.waiting_since)::float8 as waiting_seconds,
  r.has_stored, r.left_out, r.left_out_last, r.blanks, r.mp4, r.edit as recording_edit, r.withheld
`;

export const recordingJoin = sql`
  left join lateral (
    select r.id, r.status, r.reason, r.edit, r.started_at,
      coalesce((
        select e.duration_ms from streaming_recording_edits e where e.recording_id = r.id and e.number = r.edit
      ), r.duration_ms) as duration_ms,
      case when r.deleted_at is not null then 'deleted' when r.hidden_at is not null then 'hidden' end as withheld,
      (
        select jsonb_build_object('status', x.status, 'reason', x.reason)
        from streaming_recording_exports x where x.recording_id = r.id and x.kind = 'mp4'
      ) as mp4,
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
`;

/** A segment takes two seconds to be recorded, and two to five to come and be read. */
const usualSeconds = 10;

function lagOf({ status, recording_status, behind_seconds, lag }: RecordingRow): RecordingState["lag"] {
  const runs = recording_status === "starting" || recording_status === "recording";
  if (status !== "live" || !runs || behind_seconds === null || behind_seconds < usualSeconds) return null;
  return { reason: lag ?? "unknown", seconds: Math.floor(behind_seconds) };
}

/** While it is live, what has just been verified is on its way; once it is over, whatever waits is missing from the replay. */
function waitsOf(row: RecordingRow): RecordingState["waits"] {
  const { status, waiting, waiting_since: since, waiting_seconds: seconds } = row;
  if (!waiting || (status === "live" && (seconds ?? 0) < usualSeconds)) return null;
  return { since: since?.toISOString() ?? null, seconds: Math.max(0, Math.floor(seconds ?? 0)) };
}

export function recordingOf(row: RecordingRow): RecordingState | null {
  if (!row.recording_id || !row.recording_status) return null;
  return {
    id: row.recording_id,
    status: row.recording_status,
    reason: row.recording_reason ?? "",
    safeUntil: row.safe_until?.toISOString() ?? null,
    lag: lagOf(row),
    waits: waitsOf(row),
    leftOut: row.left_out ? { count: row.left_out, last: problemWords(row.left_out_last ?? "") } : null,
    blanks: row.blanks ?? [],
    durationMs: row.recording_ms ?? 0,
    exportReady: row.mp4?.status === "ready",
    mp4: row.mp4,
    edit: row.recording_edit ?? 0,
    withheld: row.withheld,
  };
}

/** How it is getting on is the team's. */
const untold = { reason: "", lag: null, waits: null, leftOut: null, blanks: [], mp4: null };

/** Up to where it is safe is told of the storage that they would get it from. */
export const forViewers = (recording: RecordingState | null) =>
  recording && {
    ...recording,
    ...untold,
    safeUntil: recording.waits ? recording.waits.since : recording.safeUntil,
  };

/** That there is a replay stands on the public page, too; how a recording is getting on does not. */
export const forPublic = (recording: RecordingState | null) =>
  recording?.status === "ready" && !recording.withheld
    ? { ...recording, ...untold, safeUntil: null, exportReady: false }
    : null;
