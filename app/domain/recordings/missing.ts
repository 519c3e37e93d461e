import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { isServiceError, serviceError } from "#app/services/service-error.ts";
import type { Db } from "#db/client.ts";
import type { Attempt } from "./attempts.ts";
import type { KnownSegment } from "./places.ts";
import { segmentName } from "./segment-names.ts";

/**
 * Calls missing what has no segment between those that are there: numbers up to `before`, from the first that `known` tells
 * of. Each counts again as soon as it turns up, unless its attempt was sealed before.
 */
export async function noteHoles(
  db: Db,
  { id: attemptId, prefix }: Attempt,
  known: readonly Pick<KnownSegment, "number">[],
  { from, before }: { from: number; before: number },
): Promise<void> {
  const there = new Set(known.map(({ number }) => number));
  const holes: number[] = [];
  for (let number = from; number < before; number++) if (!there.has(number)) holes.push(number);
  if (holes.length === 0) return;
  await db
    .insertInto("streaming_recording_segments")
    .values(
      holes.map((number) => ({
        attempt_id: attemptId,
        number,
        key: `${prefix}${segmentName(number)}`,
        bytes: 0,
        problem: "missing",
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

const nothingThere = "nothing_there";

/** Whether that is why something is not to be had: it may be that this storage is not the one that was written to. */
export const isNothingThere = (error: unknown): boolean =>
  isServiceError(error) && error.code === nothingThere;

/**
 * Calls missing what was verified and is gone. Each is asked for by its name first: a list that is not whole takes nothing
 * out of a recording. What was copied needs nothing of where it came from.
 *
 * `none`: storage lists nothing at all of the attempt. Where it has nothing of what was verified either, that may be another
 * storage than the recorder wrote to, or one that was emptied: throws a ServiceError, however often it is asked, and calls
 * none of them missing. `leaveOut`: the stream has long been over; then what storage has of other attempts tells that it is
 * the right one, and that this attempt is lost.
 */
export async function noteVanished(
  { db, storage }: Pick<Services, "db" | "storage">,
  attempt: Attempt,
  unlisted: readonly KnownSegment[],
  { none = false, leaveOut = false }: { none?: boolean; leaveOut?: boolean } = {},
): Promise<void> {
  const { id: attemptId, prefix } = attempt;
  const gone: number[] = [];
  for (const { number, problem, copied_etag } of unlisted) {
    if (problem === "missing" || copied_etag) continue;
    if (!(await storage.head(`${prefix}${segmentName(number)}`))) gone.push(number);
  }
  if (gone.length === 0) return;
  const verified = unlisted.filter(({ problem, copied_etag }) => problem === null && !copied_etag);
  const isNothing = none && verified.length > 0 && verified.every(({ number }) => gone.includes(number));
  if (isNothing && !(leaveOut && (await hasAnother({ db, storage }, attempt))))
    throw serviceError("storage", `nothing of what was verified is there under ${prefix}`, {
      retryable: true,
      code: nothingThere,
    });
  await db
    .updateTable("streaming_recording_segments")
    .set({ problem: "missing" })
    .where("attempt_id", "=", attemptId)
    .where("number", "in", gone)
    .where("copied_etag", "is", null)
    .execute();
}

/** Whether storage has anything that another attempt wrote to it and that was verified: the newest five are asked for. */
async function hasAnother(
  { db, storage }: Pick<Services, "db" | "storage">,
  { id, store, storeAt }: Attempt,
): Promise<boolean> {
  const { rows } = await sql<{ key: string }>`
    select g.key from streaming_recording_attempts a
      join streaming_recordings r on r.id = a.recording_id and r.deleted_at is null
      cross join lateral (
        select key from streaming_recording_segments
        where attempt_id = a.id and problem is null order by number limit 1
      ) g
    where a.id <> ${id}::uuid and a.store = ${store} and a.store_at is not distinct from ${storeAt}
    order by a.created_at desc limit 5
  `.execute(db);
  for (const { key } of rows) if (await storage.head(key)) return true;
  return false;
}
