import { type Kysely, sql } from "kysely";
import { chatPhase, type ChatPhase } from "#app/domain/chat/phase.ts";
import {
  recordingColumns,
  recordingJoin,
  recordingOf,
  type RecordingRow,
  type RecordingState,
} from "#app/domain/recordings/recording-state.ts";
import type { Database } from "#db/client.ts";
import type { StreamChatBefore, StreamEndedReason, StreamStatus } from "#db/types.ts";

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
  /** What the host tells those who wait; "" while there is nothing. */
  note: string;
  /** The database's clock when this was read. */
  at: string;
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

export type FactsRow = RecordingRow & {
  stream_id: string;
  title: string;
  status: StreamStatus;
  starts_at: Date;
  live_at: Date | null;
  host_absent_since: Date | null;
  ended_at: Date | null;
  ended_reason: StreamEndedReason | null;
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
  lobby_note: string;
  at: Date;
};

/** The columns of a `FactsRow`, for a query from `streams s` with `factJoins`. */
export const factColumns = sql`
  s.id as stream_id, s.title, s.status, s.starts_at, s.live_at, s.host_absent_since, s.ended_at, s.ended_reason,
  s.lobby_note,
  ${recordingColumns},
  l.user_id as lease_user_id, l.tab as lease_tab, l.name as lease_name,
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
  ${recordingJoin}
  left join lateral (
    select l.user_id, l.tab, coalesce(nullif(u.name, ''), u.email) as name
    from stream_host_leases l
    join users u on u.id = l.user_id
    where l.stream_id = s.id
  ) l on s.status in ('rehearsal', 'live')
`;

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
    recording: recordingOf(row),
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
    note: row.lobby_note,
    at: row.at.toISOString(),
  };
}
