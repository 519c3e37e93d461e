import { sql, type Transaction } from "kysely";
import { type ClockPiece, findStrays } from "#app/domain/media/clock-line.ts";
import type { Database, Db } from "#db/client.ts";
import type { Attempt } from "./attempts.ts";
import { type CheckedSegment, type PieceProblem, withRemarks } from "./checked-segment.ts";
import { isLate, isLateNow } from "./late.ts";

/** What is known of an attempt's segment already. */
export type KnownSegment = Pick<
  CheckedSegment,
  | "number"
  | "bytes"
  | "etag"
  | "sha256"
  | "first_pts"
  | "duration_ticks"
  | "has_video"
  | "has_audio"
  | "picture"
  | "sound"
  | "problem"
> & {
  /** What the storage that viewers read calls its copy, where it was copied from a store beside. */
  copied_etag?: string | null;
};

const columns = [
  "number",
  "bytes",
  "etag",
  "sha256",
  "first_pts",
  "duration_ticks",
  "has_video",
  "has_audio",
  "picture",
  "sound",
  "problem",
  "copied_etag",
] as const;

/** The attempt's known segments, in order: all of them, or the last `most`. */
export async function listKnown(db: Db, attemptId: string, most?: number): Promise<KnownSegment[]> {
  const rows = db
    .selectFrom("streaming_recording_segments")
    .select(columns)
    .where("attempt_id", "=", attemptId)
    .orderBy("number", "desc");
  return (await (most === undefined ? rows : rows.limit(most)).execute()).reverse();
}

/** What one that cannot be placed is called. */
const strayProblems: readonly string[] = ["wrong_clock", "repeated", "of_another"] satisfies PieceProblem[];

/**
 * Finds out which segments belong where they lie, and writes down those that were read. `known` are those before and among
 * them, of which the last may turn out to belong there after all, or not. `over`: no more come, so that all are looked at
 * together. Gives what is known now, and how many count that did not before.
 *
 * Equal sums alone tell nothing: two recorders that show the same slate in silence make the same bytes. Bytes that lie in
 * two places count where their clock goes on, to the tick. So the very same second of another recorder, in its own place and
 * on a clock that began alike, is not told from a slate; to put it there takes the keys of the bucket.
 */
export async function placeSegments(
  db: Db,
  { id: attemptId, store }: Attempt,
  known: readonly KnownSegment[],
  read: readonly CheckedSegment[],
  { over = false }: { over?: boolean } = {},
): Promise<{ known: KnownSegment[]; good: number }> {
  const byNumber = new Map<number, KnownSegment>(known.map((segment) => [segment.number, segment]));
  for (const segment of read) byNumber.set(segment.number, segment);
  const all = [...byNumber.values()].sort((a, b) => a.number - b.number);
  const placed = all.filter(
    ({ duration_ticks, problem }) =>
      duration_ticks > 0 && (problem === null || strayProblems.includes(problem)),
  );
  const twins = await findTwins(db, attemptId, read, all);
  const fresh = new Set(read.map(({ number }) => number));
  const lastKnown = placed.findLast(({ number }) => !fresh.has(number));
  const strays = findStrays(
    placed.map((segment): ClockPiece => ({
      number: segment.number,
      firstPts: segment.first_pts,
      durationTicks: segment.duration_ticks,
      firm: !over && !fresh.has(segment.number) && segment.problem === null && segment !== lastKnown,
      twin: twins.has(segment.sha256),
    })),
    { over },
  );

  const problems = new Map(
    placed.map((segment, index) => [
      segment.number,
      strays.has(index) ? (twins.get(segment.sha256) ?? strayWord(segment)) : null,
    ]),
  );
  const now = all.map((segment) =>
    problems.has(segment.number) ? { ...segment, problem: problems.get(segment.number)! } : segment,
  );
  const moved = now.filter(
    ({ number, problem }) => !fresh.has(number) && byNumber.get(number)!.problem !== problem,
  );
  const rows = read.map((segment) => ({
    ...withRemarks(
      segment,
      placed.findLast(({ number }) => number < segment.number),
    ),
    problem: problems.get(segment.number) ?? segment.problem,
  }));
  if (rows.length > 0 || moved.length > 0)
    await db.transaction().execute(async (trx) => {
      for (const { number, problem } of moved) await moveSegment(trx, attemptId, number, problem);
      if (rows.length > 0) await insertSegments(trx, { attemptId, store }, rows);
    });
  const good = [...rows, ...moved].filter(({ problem }) => problem === null).length;
  return { known: now, good };
}

/** One that was called so once stays it. */
const strayWord = ({ problem }: KnownSegment): PieceProblem =>
  problem === "repeated" || problem === "of_another" ? problem : "wrong_clock";

/** The sums of those that were read which lie in another place, too, and what they are called should they not belong here. */
async function findTwins(
  db: Db,
  attemptId: string,
  read: readonly CheckedSegment[],
  all: readonly KnownSegment[],
): Promise<Map<string, "repeated" | "of_another">> {
  const twins = new Map<string, "repeated" | "of_another">();
  const sums = read.filter(({ duration_ticks }) => duration_ticks > 0).map(({ sha256 }) => sha256);
  if (sums.length === 0) return twins;
  const others = await db
    .selectFrom("streaming_recording_segments")
    .select("sha256")
    .distinct()
    .where("sha256", "in", sums)
    .where("attempt_id", "!=", attemptId)
    .execute();
  for (const { sha256 } of others) twins.set(sha256, "of_another");
  const counts = new Map<string, number>();
  for (const { sha256 } of all) counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
  for (const sum of sums) if (counts.get(sum)! > 1) twins.set(sum, "repeated");
  return twins;
}

async function moveSegment(
  trx: Transaction<Database>,
  attemptId: string,
  number: number,
  problem: string | null,
): Promise<void> {
  await trx
    .updateTable("streaming_recording_segments")
    .set({ problem, late: isLateNow(attemptId) })
    .where("attempt_id", "=", attemptId)
    .where("number", "=", number)
    .execute();
}

async function insertSegments(
  trx: Transaction<Database>,
  { attemptId, store }: { attemptId: string; store: Attempt["store"] },
  rows: readonly CheckedSegment[],
): Promise<void> {
  await trx
    .insertInto("streaming_recording_segments")
    .values(
      rows.map((row) => ({
        attempt_id: attemptId,
        ...row,
        late: isLate({ attemptId, number: row.number }),
        awaits_copy: store === "beside",
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(["attempt_id", "number"])
        .doUpdateSet((is) => ({
          key: is.ref("excluded.key"),
          bytes: is.ref("excluded.bytes"),
          etag: is.ref("excluded.etag"),
          sha256: is.ref("excluded.sha256"),
          first_pts: is.ref("excluded.first_pts"),
          duration_ticks: is.ref("excluded.duration_ticks"),
          width: is.ref("excluded.width"),
          height: is.ref("excluded.height"),
          has_video: is.ref("excluded.has_video"),
          has_audio: is.ref("excluded.has_audio"),
          picture: is.ref("excluded.picture"),
          sound: is.ref("excluded.sound"),
          problem: is.ref("excluded.problem"),
          remarks: is.ref("excluded.remarks"),
          program_time: null,
          black: null,
          silent: null,
          late: isLateNow(attemptId),
          awaits_copy: is.ref("excluded.awaits_copy"),
          copied_etag: null,
          ungiven_since: null,
          verified_at: sql`clock_timestamp()`,
        }))
        // Two workers that verified the same bytes: the first one's row stands.
        .where((is) =>
          is.or([
            is("streaming_recording_segments.etag", "!=", is.ref("excluded.etag")),
            is("streaming_recording_segments.problem", "in", ["missing", "unreadable"]),
          ]),
        )
        // Copied meanwhile: it stands for itself.
        .where((is) =>
          is.or([
            is("streaming_recording_segments.copied_etag", "is", null),
            is("streaming_recording_segments.problem", "is not", null),
          ]),
        ),
    )
    .execute();
}
