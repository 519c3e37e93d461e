import type { Kysely } from "kysely";
import { mediaPlaylist, type PlaylistSegment } from "#app/domain/media/media-playlist.ts";
import type { Database, Db } from "#db/client.ts";
import type { RecordingStatus } from "#db/types.ts";
import { listRecordedParts, numberFrom, type Part, type Place } from "./parts.ts";

/**
 * What the longest segment may be, twice what recorders are asked for. It must never change while the playlist lives (RFC
 * 8216, 6.2.1), so a recorder whose first segment is longer has that as its target, from the first playlist on.
 */
const usualTargetMs = 4000;
/** Uploads can overtake each other a little: so many segments after a missing one it is waited for no more. */
export const patience = 3;

export const unfinished = [
  "starting",
  "recording",
  "stopping",
  "finalizing",
] as const satisfies RecordingStatus[];

/** What has been told of a recording that is not finished; only ever grows at its end. */
export type Told = { segments: PlaylistSegment[]; last: Place | undefined };

export const nothingTold: Told = { segments: [], last: undefined };

const targetOf = (first: Pick<PlaylistSegment, "durationMs"> | undefined) =>
  Math.max(usualTargetMs, first?.durationMs ?? 0);

/** How far a recording is; undefined when the stream has none of this id. */
export async function findRecordingStatus(
  db: Db,
  { streamId, recordingId }: { streamId: string; recordingId: string },
): Promise<RecordingStatus | undefined> {
  const row = await db
    .selectFrom("streaming_recordings")
    .select("status")
    .where("id", "=", recordingId)
    .where("stream_id", "=", streamId)
    .executeTakeFirst();
  return row?.status;
}

/**
 * What is to be told of an unfinished recording after what was: the verified segments in the storage that viewers read, behind the last one. What is told
 * stays told, in its place: players count on it. So nothing is told that may still get something before it, and what comes
 * before it all the same is left out (`late`), whichever process tells it, and however often it has begun anew. So is what
 * is longer than the target: a recorder that stood still for a while writes such a segment, and the replay has it.
 */
export async function tellMore(db: Kysely<Database>, recordingId: string, told: Told): Promise<Told> {
  const { last } = told;
  const [parts, bad] = await Promise.all([
    listRecordedParts(db, recordingId, { from: last, live: true }),
    listBad(db, recordingId, last),
  ]);
  const isNew = (place: Place) => !last || compare(place, last) > 0;
  const fresh = settled(parts.filter(isNew), { bad, last });
  if (fresh.length === 0) return told;
  const target = Math.round(targetOf(told.segments[0] ?? fresh[0]) / 1000);
  const isTooLong = (part: Part | undefined) =>
    part !== undefined && Math.round(part.durationMs / 1000) > target;
  const before = new Map(parts.map((part, index) => [part, parts[index - 1]]));
  const segments = fresh
    .filter((part) => !isTooLong(part))
    .map((part, index) => {
      const { attempt, number, durationMs, programTime } = part;
      const discontinuity = part.discontinuity || isTooLong(before.get(part));
      const isDated = (!last && index === 0) || discontinuity;
      const uri = `${attempt}/${number}.ts`;
      return { uri, durationMs, programTime: isDated ? programTime : null, discontinuity };
    });
  const { attempt, number } = fresh.at(-1)!;
  return { segments: [...told.segments, ...segments], last: { attempt, number } };
}

/** The playlist of what was told: an EVENT, which can be played from its beginning while it grows. */
export const livePlaylist = ({ segments }: Told): string =>
  mediaPlaylist({ ended: false, targetDurationMs: targetOf(segments[0]), segments });

/**
 * Those of the new parts before which nothing can turn up any more. Of the attempt that is being recorded a segment that is
 * still on its way ends them, and so does one of which it is not known yet when it was recorded, and, of any attempt, one that
 * is not yet where viewers read.
 */
export function settled<P extends Place & Pick<Part, "programTime" | "waits">>(
  parts: P[],
  { bad, last }: { bad: Place[]; last: Place | undefined },
): P[] {
  const newest = [...parts, ...bad].sort(compare).at(-1);
  if (!newest) return [];
  const known = new Set(
    [...parts, ...bad].filter(({ attempt }) => attempt === newest.attempt).map(({ number }) => number),
  );
  const begin = last?.attempt === newest.attempt ? last.number + 1 : 0;
  let open = newest.number + 1;
  for (let number = Math.max(begin, newest.number - patience); number < newest.number; number++) {
    if (!known.has(number)) {
      open = number;
      break;
    }
  }
  const end = parts.findIndex(
    ({ attempt, number, programTime, waits }) =>
      waits || (attempt === newest.attempt && (number > open || programTime === null)),
  );
  return end === -1 ? parts : parts.slice(0, end);
}

/** Segments that cannot be played: nobody waits for those. */
async function listBad(db: Kysely<Database>, recordingId: string, last: Place | undefined): Promise<Place[]> {
  return db
    .selectFrom("streaming_recording_segments as s")
    .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
    .select(["a.number as attempt", "s.number"])
    .where("a.recording_id", "=", recordingId)
    .where("s.problem", "is not", null)
    .$if(last !== undefined, (rows) =>
      rows.where("a.number", ">=", last!.attempt).where("s.number", ">=", numberFrom(last!)),
    )
    .execute();
}

const compare = (one: Place, other: Place) => one.attempt - other.attempt || one.number - other.number;
