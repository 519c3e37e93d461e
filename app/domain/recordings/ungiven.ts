import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Services } from "#app/context.ts";
import { isServiceError, serviceError } from "#app/services/service-error.ts";
import type { Storage } from "#app/services/storage.ts";
import type { Database } from "#db/client.ts";
import type { Attempt } from "./attempts.ts";
import { sha256 } from "./export-pieces.ts";
import { storageOf, type StoreServices, waits } from "./stores.ts";
import { givesAnything, unreadableMinutes } from "./unreadable.ts";

type UngivenServices = Pick<Services, "db" | "log"> & StoreServices;
type Waiting = { number: number; key: string; sha256: string; isFailing: boolean; isOverdue: boolean };

const code = "not_given";

const longAgo = sql<Date>`clock_timestamp() - make_interval(mins => ${unreadableMinutes})`;

/** For a segment `g`: the store beside did not give it when it was last asked; and that is so for long. */
export const isFailing = sql<boolean>`(g.ungiven_since is not null)`;
export const isOverdue = sql<boolean>`coalesce(g.ungiven_since < ${longAgo}, false)`;

/** Whether that is why a segment was not copied: the store beside did not give it. */
export const isNotGiven = (error: unknown): boolean => isServiceError(error) && error.code === code;

/**
 * What waits to be copied, as it was verified; undefined where it is left out of its recording from now on, with the reason.
 * Rejects while it may still come.
 */
export async function readVerified(
  services: UngivenServices,
  attempt: Attempt,
  segment: Waiting,
): Promise<Uint8Array | undefined> {
  const { db } = services;
  // Where it is not configured any more it is not left out either: it lies there, and can be had again.
  const source = storageOf(services, attempt);
  try {
    const content = await source.read(segment.key);
    if (content && sha256(content) === segment.sha256) {
      if (segment.isFailing) await setUngiven(db, attempt.id, segment, null);
      return content;
    }
    const isThere = content !== undefined || (await source.list(segment.key)).length > 0;
    // While the attempt goes on it may come back.
    if (attempt.sealedAt && !isThere && (await leaveOut(services, attempt, segment, "missing")))
      return undefined;
    throw serviceError("storage", "a verified segment is not what it was", { retryable: true });
  } catch (error) {
    if (!isServiceError(error)) throw error;
    if (!segment.isFailing) await setUngiven(db, attempt.id, segment, sql<Date>`clock_timestamp()`);
    if (segment.isOverdue && (await canGoOn(services.db, source, attempt, segment)))
      if (await leaveOut(services, attempt, segment, "unreadable")) return undefined;
    throw serviceError("storage", `a segment was not given (${error.message})`, {
      retryable: true,
      code,
      cause: error,
    });
  }
}

/** A store that gives nothing is not asked for each: none of what waits counts as given. */
export async function noteNothingGiven(db: Kysely<Database>, attemptId: string): Promise<void> {
  await db
    .updateTable("streaming_recording_segments as g")
    .set({ ungiven_since: sql`clock_timestamp()` })
    .where("g.attempt_id", "=", attemptId)
    .where("g.ungiven_since", "is", null)
    .where(waits)
    .execute();
}

async function setUngiven(
  db: Kysely<Database>,
  attemptId: string,
  { number }: Pick<Waiting, "number">,
  since: RawBuilder<Date> | null,
): Promise<void> {
  await db
    .updateTable("streaming_recording_segments")
    .set({ ungiven_since: since })
    .where("attempt_id", "=", attemptId)
    .where("number", "=", number)
    .execute();
}

/** A store that is away as a whole is waited for as long as the stream goes on, and for a while after it. */
async function canGoOn(
  db: Kysely<Database>,
  source: Storage,
  { recordingId, prefix }: Attempt,
  { key }: Waiting,
): Promise<boolean> {
  const over = await db
    .selectFrom("streaming_recordings")
    .select("id")
    .where("id", "=", recordingId)
    .where("stopped_at", "<", longAgo)
    .executeTakeFirst();
  if (over) return true;
  try {
    const found = (await source.list(prefix)).filter((object) => object.key !== key);
    return await givesAnything(source, { found, unread: [] });
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return false;
  }
}

/** False where another one was verified in its place meanwhile: that one is still to be copied. */
async function leaveOut(
  { db, log }: UngivenServices,
  { id: attemptId }: Attempt,
  { number, sha256 }: Waiting,
  problem: "missing" | "unreadable",
): Promise<boolean> {
  const left = await db
    .updateTable("streaming_recording_segments")
    .set({ problem })
    .where("attempt_id", "=", attemptId)
    .where("number", "=", number)
    .where("sha256", "=", sha256)
    .where("awaits_copy", "=", true)
    .returning("number")
    .executeTakeFirst();
  if (left) log.error({ attemptId, number, problem }, "a verified segment was lost before it was copied");
  return left !== undefined;
}
