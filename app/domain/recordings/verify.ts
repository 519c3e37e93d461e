import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { inspectSegment, type SegmentFacts } from "#app/domain/media/segment.ts";
import type { SegmentRefusal } from "#app/domain/media/transport-stream.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { StoredObject } from "#app/services/storage.ts";
import type { Db } from "#db/client.ts";
import type { Attempt } from "./attempts.ts";
import { programTimesOf } from "./recorder-playlist.ts";
import { givesAnything, markUnreadable, type Unread } from "./unreadable.ts";

type VerifyServices = Pick<Services, "db" | "storage">;
type Known = { number: number; bytes: number; etag: string; problem: string | null };

/** How far behind the newest known segment one can still turn up: uploads can overtake each other a little. */
const lookBack = 8;
/** After so many that could not be read, one after the other, it is storage that is away. */
const mostUnread = 3;

const segmentNumber = (key: string, prefix: string): number | undefined => {
  const name = /^seg_(\d{5,})\.ts$/.exec(key.slice(prefix.length));
  return name ? Number(name[1]) : undefined;
};

const segmentName = (number: number) => `seg_${String(number).padStart(5, "0")}.ts`;

/**
 * Reads back from storage what an attempt wrote since the last time, and writes down what it is: exact times, size,
 * checksum, or the problem that keeps it out of the recording. `whole` looks at everything the attempt has, also at
 * what is known, which may have vanished or become another object since. Of a sealed attempt only what was there when
 * it was sealed counts. Gives the number of segments that are new and good. Safe to run twice and at once.
 *
 * A segment that storage lists and does not give keeps none of the others waiting. Rejects in the end where it was one of the
 * `whole`, or nothing was read; `leaveOut` writes it down as unreadable instead, unless storage gives nothing at all.
 */
export async function verifySegments(
  { db, storage }: VerifyServices,
  attempt: Attempt,
  { whole = false, leaveOut = false }: { whole?: boolean; leaveOut?: boolean } = {},
): Promise<number> {
  const { id: attemptId, prefix } = attempt;
  const known = await listKnown(db, attemptId, whole);
  const newest = Math.max(-1, ...known.slice(-1).map(({ number }) => number));
  const after = whole || newest <= lookBack ? undefined : `${prefix}${segmentName(newest - lookBack)}`;
  const found = await storage.list(prefix, { after });
  const byNumber = new Map(known.map((segment) => [segment.number, segment]));
  let good = 0;
  let inRow = 0;
  const unread: (Unread & { error: unknown })[] = [];
  for (const object of found) {
    const number = segmentNumber(object.key, prefix);
    if (number === undefined) continue;
    const before = byNumber.get(number);
    byNumber.delete(number);
    if (before && before.bytes === object.bytes && before.etag === object.etag) continue;
    // Storage keeps whole seconds, rounded down.
    if (!before && attempt.sealedAt && object.modifiedAt > attempt.sealedAt) continue;
    try {
      const facts = await verifyObject({ db, storage }, attempt, number, object);
      if (facts.ok) good++;
      inRow = 0;
    } catch (error) {
      if (!isServiceError(error)) throw error;
      unread.push({ number, object, error });
      if (++inRow === mostUnread && !(leaveOut && (await givesAnything(storage, { found, unread }))))
        throw error;
    }
  }
  if (unread[0]) {
    const isThere = leaveOut && (await givesAnything(storage, { found, unread }));
    if (isThere) for (const each of unread) await markUnreadable(db, attemptId, each);
    else if (whole || good === 0) throw unread[0].error;
  }
  if (whole) await markMissing(db, attemptId, [...byNumber.values()]);
  await fillProgramTimes({ db, storage }, attempt, found);
  return good;
}

/** The attempt's segments that are known, in order: all of them, or the last ones. */
async function listKnown(db: Db, attemptId: string, whole: boolean): Promise<Known[]> {
  const rows = db
    .selectFrom("streaming_recording_segments")
    .select(["number", "bytes", "etag", "problem"])
    .where("attempt_id", "=", attemptId)
    .orderBy("number", "desc");
  return (await (whole ? rows : rows.limit(lookBack + 2)).execute()).reverse();
}

async function verifyObject(
  { db, storage }: VerifyServices,
  { id: attemptId }: Attempt,
  number: number,
  object: StoredObject,
): Promise<SegmentFacts | SegmentRefusal> {
  const { key, etag } = object;
  const content = await storage.readListed(object);
  const facts = inspectSegment(content);
  const played = facts.ok && facts.durationTicks > 0 ? facts : undefined;
  const problem = facts.ok ? (played ? null : "no_length") : facts.reason;
  const row = {
    key,
    bytes: content.length,
    etag,
    sha256: createHash("sha256").update(content).digest("hex"),
    first_pts: played?.firstPts ?? 0,
    duration_ticks: played?.durationTicks ?? 0,
    width: played?.video?.width ?? null,
    height: played?.video?.height ?? null,
    has_video: Boolean(played?.video),
    has_audio: Boolean(played?.audio),
    problem,
  };
  await db
    .insertInto("streaming_recording_segments")
    .values({ attempt_id: attemptId, number, ...row })
    .onConflict((conflict) =>
      conflict
        .columns(["attempt_id", "number"])
        .doUpdateSet({ ...row, program_time: null, verified_at: sql`clock_timestamp()` })
        // Two workers that verified the same bytes: the first one's row stands.
        .where("streaming_recording_segments.etag", "!=", etag),
    )
    .execute();
  return facts;
}

async function markMissing(db: Db, attemptId: string, missing: Known[]): Promise<void> {
  if (missing.length === 0) return;
  await db
    .updateTable("streaming_recording_segments")
    .set({ problem: "missing" })
    .where("attempt_id", "=", attemptId)
    .where(
      "number",
      "in",
      missing.map(({ number }) => number),
    )
    .execute();
}

/**
 * When each segment's first frame was recorded: the recorder's own playlist says it for one segment at least, and the
 * recorder's clock for the rest. Where there is no playlist, the moment of an upload is the nearest there is.
 */
async function fillProgramTimes(
  { db, storage }: VerifyServices,
  attempt: Attempt,
  found: StoredObject[],
): Promise<void> {
  const { id: attemptId, prefix } = attempt;
  const waiting = await db
    .selectFrom("streaming_recording_segments")
    .select(["number", "first_pts", "duration_ticks"])
    .where("attempt_id", "=", attemptId)
    .where("program_time", "is", null)
    .where("problem", "is", null)
    .orderBy("number")
    .execute();
  const first = waiting[0];
  if (!first) return;
  let anchor = await db
    .selectFrom("streaming_recording_segments")
    .select(["first_pts", "program_time"])
    .where("attempt_id", "=", attemptId)
    .where("program_time", "is not", null)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!anchor) {
    const playlist = await storage.read(`${prefix}index.m3u8`);
    const times = playlist && programTimesOf(new TextDecoder().decode(playlist));
    const told = waiting.find(({ number }) => times?.has(number));
    if (told) anchor = { first_pts: told.first_pts, program_time: times!.get(told.number)! };
    else if (attempt.sealedAt || waiting.length > 2) {
      const uploaded = found.find(({ key }) => segmentNumber(key, prefix) === first.number)?.modifiedAt;
      const endMs = (uploaded ?? new Date()).getTime();
      anchor = { first_pts: first.first_pts, program_time: new Date(endMs - first.duration_ticks / 90) };
    }
  }
  if (!anchor) return;
  await db
    .updateTable("streaming_recording_segments")
    .set({
      // The shorter way round the 33-bit clock.
      program_time: sql`${anchor.program_time}::timestamptz + make_interval(secs =>
        (((first_pts - ${anchor.first_pts} + 4294967296) % 8589934592 + 8589934592) % 8589934592 - 4294967296) / 90000.0)`,
    })
    .where("attempt_id", "=", attemptId)
    .where("program_time", "is", null)
    .where("problem", "is", null)
    .execute();
}
