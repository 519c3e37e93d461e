import type { Kysely } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { isServiceError, serviceError } from "#app/services/service-error.ts";
import type { Storage, StoredObject } from "#app/services/storage.ts";
import type { Database } from "#db/client.ts";
import { type Attempt, selectAttempts } from "./attempts.ts";
import { claimCopying, type Copying, giveBackCopying, holdCopying, holdEveryMs } from "./copy-claims.ts";
import { sha256 } from "./export-pieces.ts";
import { waits } from "./stores.ts";
import { isFailing, isNotGiven, isOverdue, noteNothingGiven, readVerified } from "./ungiven.ts";

export type CopyServices = Pick<Services, "db" | "storage" | "recordingStorage" | "log">;

/** Held in memory at once: a segment of the best picture is some megabytes, none that counts is larger than 64. */
const atOnce = 4;
/** What is left then is the next job's. Shorter than a worker that is told to end waits for its jobs. */
const turnMs = 8_000;

type Waiting = Awaited<ReturnType<typeof listWaiting>>[number];

/**
 * Copies what an attempt's recorder wrote to the store beside, and was verified there, to the storage that viewers read. A
 * segment counts as copied when it was read back there and is, byte for byte, what was verified; nothing is removed from where
 * it came from.
 *
 * May run twice, late and at once: one worker holds the claim, what is there already as it should be is not written again, and
 * whoever was killed is followed by another. While a storage is away it comes to nothing, and is tried again after longer and
 * longer pauses, up to a minute, for as long as anything waits. A segment that the store beside alone does not give is left out
 * of the recording after a while, and so is all that it does not give when the stream has been over for as long. `signal` ends
 * it early: the rest is the next one's.
 */
export async function copySegments(
  services: CopyServices,
  { attemptId }: { attemptId: string },
  signal?: AbortSignal,
): Promise<void> {
  const { db, log } = services;
  const attempt = await selectAttempts(db).where("a.id", "=", attemptId).executeTakeFirst();
  const copying = attempt?.store === "beside" ? await claimCopying(db, attemptId) : undefined;
  if (!attempt || !copying) return;
  const holding = setInterval(() => void holdCopying(db, copying).catch(() => {}), holdEveryMs);
  let failure: unknown;
  try {
    failure = await copyInTurn(services, attempt, copying, signal);
  } catch (error) {
    failure = error;
  } finally {
    clearInterval(holding);
  }
  const failures = await giveBackCopying(db, copying, { failed: failure !== undefined });
  if (failure === undefined) return;
  if (!isServiceError(failure)) throw failure;
  log.warn({ err: failure, attemptId, failures }, "segments could not be copied, and are tried again");
}

/** Gives what went wrong with any of them; the others are copied all the same. */
async function copyInTurn(
  services: CopyServices,
  attempt: Attempt,
  copying: Copying,
  signal?: AbortSignal,
): Promise<unknown> {
  const until = performance.now() + turnMs;
  let failure: unknown;
  for (let after = -1; performance.now() < until && !signal?.aborted;) {
    const waiting = await listWaiting(services.db, attempt.id, after);
    if (waiting.length === 0) return failure;
    after = waiting.at(-1)!.number;
    const results = await Promise.allSettled(
      waiting.map((each) => copySegment(services, attempt, each, copying)),
    );
    const failed = results.filter((result) => result.status === "rejected");
    failure ??= failed[0]?.reason;
    if (failed.length < waiting.length)
      await notifyChange(services.db, { kind: "stream", streamId: attempt.streamId });
    else {
      // Not one of them: it is a storage that is away.
      if (failed.every(({ reason }) => isNotGiven(reason))) await noteNothingGiven(services.db, attempt.id);
      return failure;
    }
  }
  return failure;
}

function listWaiting(db: Kysely<Database>, attemptId: string, after: number) {
  return db
    .selectFrom("streaming_recording_segments as g")
    .select(["g.number", "g.key", "g.bytes", "g.sha256"])
    .select([isFailing.as("isFailing"), isOverdue.as("isOverdue")])
    .where("g.attempt_id", "=", attemptId)
    .where(waits)
    .where("g.number", ">", after)
    .orderBy("g.number")
    .limit(atOnce)
    .execute();
}

async function copySegment(
  services: CopyServices,
  attempt: Attempt,
  segment: Waiting,
  copying: Copying,
): Promise<void> {
  const { db, storage } = services;
  let copy = await findCopy(storage, segment);
  if (!copy) {
    const content = await readVerified(services, attempt, segment);
    if (!content) return;
    // Another worker's copy is not written over with what may be older.
    if (!(await holdCopying(db, copying)))
      throw serviceError("storage", "the copying is somebody else's by now", {
        retryable: true,
        code: "taken_over",
      });
    await storage.write(segment.key, content, "video/mp2t");
    copy = await findCopy(storage, segment);
  }
  if (!copy)
    throw serviceError("storage", "a copy is not what was copied", { retryable: true, code: "wrong_copy" });
  const ofSegment = db
    .updateTable("streaming_recording_segments")
    .where("attempt_id", "=", attempt.id)
    .where("number", "=", segment.number);
  await ofSegment
    .set({ awaits_copy: false, copied_etag: copy.etag, ungiven_since: null })
    .where("sha256", "=", segment.sha256)
    .execute();
  // Another one was verified in its place meanwhile: that one is still to be copied, also where that was done before this.
  await ofSegment
    .set({ awaits_copy: true, copied_etag: null, ungiven_since: null })
    .where("sha256", "!=", segment.sha256)
    .where("awaits_copy", "=", false)
    .where("problem", "is", null)
    .execute();
}

/** The copy of a segment, where it is there and has its bytes. */
async function findCopy(
  storage: Storage,
  { key, bytes, sha256: sum }: Waiting,
): Promise<StoredObject | undefined> {
  const object = await storage.head(key);
  if (object?.bytes !== bytes) return undefined;
  return sha256(await storage.readListed(object)) === sum ? object : undefined;
}
