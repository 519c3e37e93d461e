import { type Kysely, sql } from "kysely";
import { toleranceTicks } from "#app/domain/media/mp4-timeline.ts";
import { ticksBetween } from "#app/domain/media/transport-stream.ts";
import type { Database } from "#db/client.ts";
import { isOther } from "./checked-segment.ts";
import { partsThatStay } from "./cutting.ts";
import { findEdit } from "./edits.ts";

/** A segment of a recording that plays, in the order of the recording. */
export type Part = {
  attempt: number;
  number: number;
  key: string;
  bytes: number;
  sha256: string;
  durationMs: number;
  programTime: Date | null;
  width: number | null;
  height: number | null;
  /**
   * Another clock, another attempt, another set-up of the decoder, or something missing before it. A player that reads
   * EXT-X-DISCONTINUITY takes the times and the parameter sets of what follows as they come (RFC 8216, 4.3.2.3).
   */
  discontinuity: boolean;
  /** How much is missing before it, in ms; 0 where nothing is. */
  gapMs: number;
  /** It is not yet in the storage that viewers read; never so in a finished recording. */
  waits: boolean;
};

/** Something missing in a recording: where it stands in what plays, and how much is missing, in ms. */
export type Gap = { atMs: number; ms: number };

/** Less than that missing is no gap that anybody misses: neither the replay nor the receipt speaks of it. */
const leastGapMs = 1000;

/** What is missing between parts. It takes no time: each gap stands where what comes after it begins. */
export function gapsIn(parts: readonly Pick<Part, "gapMs" | "durationMs">[]): Gap[] {
  const gaps: Gap[] = [];
  let atMs = 0;
  for (const { gapMs, durationMs } of parts) {
    if (gapMs >= leastGapMs) gaps.push({ atMs: Math.round(atMs), ms: Math.round(gapMs) });
    atMs += durationMs;
  }
  return gaps;
}

/** What plays of a recording: its verified segments in order, without those that its edit leaves out. */
export async function listParts(db: Kysely<Database>, recordingId: string): Promise<Part[]> {
  const recorded = await listRecordedParts(db, recordingId);
  const edit = await findEdit(db, recordingId);
  return edit ? partsThatStay(recorded, edit.leftOut) : recorded;
}

/** A segment of a recording. */
export type Place = { attempt: number; number: number };

/**
 * All verified segments of a recording: its attempts in order, each one's segments in order. With `from` only those from
 * this segment on, the first of which knows of nothing before it. `live`: without those that came too late for who watches
 * live.
 */
export async function listRecordedParts(
  db: Kysely<Database>,
  recordingId: string,
  { from, live = false }: { from?: Place; live?: boolean } = {},
): Promise<Part[]> {
  const rows = await db
    .selectFrom("streaming_recording_segments as s")
    .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
    .select([
      "a.number as attempt",
      "s.number",
      "s.key",
      "s.bytes",
      "s.sha256",
      "s.first_pts",
      "s.duration_ticks",
      "s.program_time",
      "s.width",
      "s.height",
      "s.picture",
      "s.sound",
      "s.awaits_copy",
    ])
    .where("a.recording_id", "=", recordingId)
    .where("s.problem", "is", null)
    .$if(from !== undefined, (rows) =>
      rows.where("a.number", ">=", from!.attempt).where("s.number", ">=", numberFrom(from!)),
    )
    .$if(live, (rows) => rows.where("s.late", "=", false))
    .orderBy("a.number")
    .orderBy("s.number")
    .execute();
  return rows.map((row, index) => {
    const before = rows[index - 1];
    const isSameAttempt = before?.attempt === row.attempt;
    const step = before ? ticksBetween(before.first_pts + before.duration_ticks, row.first_pts) : 0;
    const isSamePicture =
      before?.width === row.width && before.height === row.height && !isOther(before.picture, row.picture);
    const isSameSound = before !== undefined && !isOther(before.sound, row.sound);
    return {
      attempt: row.attempt,
      number: row.number,
      key: row.key,
      bytes: row.bytes,
      sha256: row.sha256,
      durationMs: row.duration_ticks / 90,
      programTime: row.program_time,
      width: row.width,
      height: row.height,
      discontinuity:
        before !== undefined &&
        !(isSameAttempt && isSamePicture && isSameSound && Math.abs(step) <= toleranceTicks),
      gapMs: before ? gapBetween(before, row, isSameAttempt ? step : undefined) : 0,
      waits: row.awaits_copy,
    };
  });
}

/** Of the attempt itself from the segment on, and of those after it from the beginning; for `s.number` beside `a`. */
export const numberFrom = ({ attempt, number }: Place) =>
  sql<number>`case when a.number = ${attempt} then ${number} else 0 end`;

type Timed = { program_time: Date | null; duration_ticks: number };

/** Within an attempt its own clock tells; between two of them, when they were recorded. */
function gapBetween(before: Timed, next: Timed, step: number | undefined): number {
  if (step !== undefined) return step > toleranceTicks ? step / 90 : 0;
  if (!before.program_time || !next.program_time) return 0;
  const ms = next.program_time.getTime() - before.program_time.getTime() - before.duration_ticks / 90;
  return Math.max(0, Math.round(ms));
}
