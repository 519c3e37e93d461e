import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { databaseNow } from "#app/services/clock.ts";
import type { Database } from "#db/client.ts";
import type { RecordingAttemptStatus } from "#db/types.ts";
import { type Gap, gapsIn, listRecordedParts, type Part } from "./parts.ts";
import { recordingClock } from "./recording-time.ts";

export type ReceiptAttempt = {
  number: number;
  status: RecordingAttemptStatus;
  /** Why it ended, where it did not end as it should. */
  reason: string;
  requestedAt: Date | null;
  activeAt: Date | null;
  endedAt: Date | null;
  /** Segments that play. */
  parts: number;
  bytes: number;
  /** Segments that do not, each with what is wrong with it. */
  broken: { number: number; problem: string }[];
  /** What is odd about some that do. */
  odd: { number: number; remarks: string[] }[];
  /** What its recorder's own playlist said that was not so. */
  playlistRemarks: string[];
};

/** What there is of a recording, as it was recorded: whatever was cut or exported later. */
export type Receipt = {
  parts: Part[];
  durationMs: number;
  bytes: number;
  /** `sha256Of` its parts. */
  sha256: string;
  /** Whether any of it has a picture, and sound. */
  picture: boolean;
  sound: boolean;
  gaps: Gap[];
  /** When nothing was to be seen or heard for a minute and more although something was sent, in ms from the beginning. */
  blanks: { kind: string; published: string; atMs: number; ms: number }[];
  /** What is verified where its recorder wrote and is not yet in storage: how much, and where the first of it begins. */
  waiting: { parts: number; bytes: number; atMs: number } | null;
  attempts: ReceiptAttempt[];
};

/** What a recording consists of, gap by gap and attempt by attempt. */
export async function findReceipt(
  db: Kysely<Database>,
  { recordingId }: { recordingId: string },
): Promise<Receipt> {
  const parts = await listRecordedParts(db, recordingId);
  let waiting: Receipt["waiting"] = null;
  let atMs = 0;
  for (const { durationMs, bytes, waits } of parts) {
    if (waits) {
      waiting ??= { parts: 0, bytes: 0, atMs: Math.round(atMs) };
      waiting.parts++;
      waiting.bytes += bytes;
    }
    atMs += durationMs;
  }
  const attempts = await listReceiptAttempts(db, recordingId);
  return {
    parts,
    picture: attempts.some(({ picture }) => picture),
    sound: attempts.some(({ sound }) => sound),
    durationMs: Math.round(atMs),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: sha256Of(parts),
    gaps: gapsIn(parts),
    blanks: await listBlanks(db, recordingId, parts),
    waiting,
    attempts,
  };
}

async function listBlanks(
  db: Kysely<Database>,
  recordingId: string,
  parts: readonly Part[],
): Promise<Receipt["blanks"]> {
  const rows = await db
    .selectFrom("streaming_recording_blanks")
    .select(["kind", "published", "since", "until"])
    .where("recording_id", "=", recordingId)
    .orderBy("since")
    .orderBy("kind")
    .execute();
  const { timeOf } = recordingClock(parts);
  return rows.map(({ kind, published, since, until }) => {
    const atMs = Math.round(timeOf(since));
    return { kind, published, atMs, ms: Math.round(timeOf(until ?? new Date(databaseNow()))) - atMs };
  });
}

/** One sum for all: of the list of the parts' own, in order, one a line. Anybody can make it again from the files. */
export function sha256Of(parts: readonly Pick<Part, "sha256">[]): string {
  const sum = createHash("sha256");
  for (const { sha256 } of parts) sum.update(`${sha256}\n`);
  return sum.digest("hex");
}

type AttemptRow = ReceiptAttempt & { picture: boolean; sound: boolean };

async function listReceiptAttempts(db: Kysely<Database>, recordingId: string): Promise<AttemptRow[]> {
  const { rows } = await sql<AttemptRow>`
    select a.number, a.status, a.reason, a.requested_at as "requestedAt", a.active_at as "activeAt",
      a.ended_at as "endedAt", a.playlist_remarks as "playlistRemarks",
      coalesce(bool_or(s.has_video) filter (where s.problem is null), false) as picture,
      coalesce(bool_or(s.has_audio) filter (where s.problem is null), false) as sound,
      count(s.number) filter (where s.problem is null) as parts,
      coalesce(sum(s.bytes) filter (where s.problem is null), 0)::bigint as bytes,
      coalesce(jsonb_agg(jsonb_build_object('number', s.number, 'problem', s.problem) order by s.number)
        filter (where s.problem is not null), '[]') as broken,
      coalesce(jsonb_agg(jsonb_build_object('number', s.number, 'remarks', to_jsonb(s.remarks)) order by s.number)
        filter (where s.problem is null and s.remarks <> '{}'), '[]') as odd
    from streaming_recording_attempts a
    left join streaming_recording_segments s on s.attempt_id = a.id
    where a.recording_id = ${recordingId}::uuid
    group by a.id
    order by a.number
  `.execute(db);
  return rows;
}

/** The same for programs: plain words, snake_case, times as ISO. */
export function receiptAsJson(
  { streamId, recordingId }: { streamId: string; recordingId: string },
  { parts, picture, sound, durationMs, bytes, sha256, gaps, blanks, waiting, attempts }: Receipt,
) {
  return {
    stream_id: streamId,
    recording_id: recordingId,
    duration_ms: durationMs,
    picture,
    sound,
    parts_count: parts.length,
    bytes,
    sha256_of_parts: sha256,
    gaps: gaps.map(({ atMs, ms }) => ({ at_ms: atMs, ms })),
    blanks: blanks.map(({ kind, published, atMs, ms }) => ({ kind, published, at_ms: atMs, ms })),
    waiting_for_storage: waiting && {
      parts_count: waiting.parts,
      bytes: waiting.bytes,
      from_ms: waiting.atMs,
    },
    attempts: attempts.map((attempt) => ({
      number: attempt.number,
      status: attempt.status,
      reason: attempt.reason,
      requested_at: attempt.requestedAt?.toISOString() ?? null,
      active_at: attempt.activeAt?.toISOString() ?? null,
      ended_at: attempt.endedAt?.toISOString() ?? null,
      parts_count: attempt.parts,
      bytes: attempt.bytes,
      broken: attempt.broken,
      odd: attempt.odd,
      playlist_remarks: attempt.playlistRemarks,
    })),
    parts: parts.map((part) => ({
      attempt: part.attempt,
      number: part.number,
      bytes: part.bytes,
      sha256: part.sha256,
      duration_ms: Math.round(part.durationMs * 1000) / 1000,
      recorded_at: part.programTime?.toISOString() ?? null,
      missing_before_ms: Math.round(part.gapMs),
    })),
  };
}
