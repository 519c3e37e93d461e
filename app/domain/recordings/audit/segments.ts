import type { StoredObject } from "#app/services/storage.ts";
import { sha256 } from "../export-pieces.ts";
import type { AuditedAttempt } from "./attempts.ts";
import { canTakeBack, isWithoutBytes, takeBackSegments } from "../back.ts";
import type { Auditing, AuditServices, Finding } from "./audit.ts";

type Known = {
  key: string;
  bytes: number;
  etag: string;
  sha256: string;
  problem: string | null;
  awaits_copy: boolean;
  copied_etag: string | null;
};

/** What a recorder writes beside its segments: playlists, and a list of files when it has ended. */
const beside = /\/(index\.m3u8|live\.m3u8|[^/]+\.json)$/;

/**
 * The segments of one attempt. No segment in storage is touched by any repair, since none can be made again; what was left
 * out for want of its bytes is verified again where they are back.
 */
export async function* auditSegments(
  auditing: Auditing,
  attempt: AuditedAttempt,
  objects: readonly StoredObject[],
): AsyncGenerator<Finding> {
  const { db, storage, counts, isSettled } = auditing;
  const known: Known[] = await db
    .selectFrom("streaming_recording_segments")
    .select(["key", "bytes", "etag", "sha256", "problem"])
    .select(["awaits_copy", "copied_etag"])
    .where("attempt_id", "=", attempt.id)
    .orderBy("number")
    .execute();
  counts.segments += known.length;
  const isFinished = attempt.status === "ready" || attempt.status === "failed";
  // However young: what it says decides whether that store may be taken away.
  if (attempt.store === "beside" && !isFinished)
    yield {
      kind: "attempt-beside",
      key: attempt.folder,
      words: "recorded to the store beside, and what lies there is not all read yet",
    };
  const canRepair = attempt.store === "main" && isFinished && (await canTakeBack(db, attempt.recordingId));
  const repair = async (services: AuditServices) => void (await takeBackSegments(services, attempt.id));
  const byKey = new Map(objects.map((object) => [object.key, object]));
  for (const segment of known) {
    // What was written down after the listing is asked for by itself.
    const object = byKey.get(segment.key) ?? (await storage.head(segment.key));
    byKey.delete(segment.key);
    // Of one that goes on, what was left out counts again when it is there.
    if (segment.problem !== null && !isFinished) continue;
    const found = await compare(auditing, segment, object);
    if (!found) continue;
    const canTake = canRepair && found.kind === "segment-left-out";
    yield { ...found, key: segment.key, ...(canTake && { repair }) };
  }
  if (!isFinished) return;
  for (const { key, modifiedAt } of byKey.values()) {
    if (beside.test(key) || !isSettled(modifiedAt)) continue;
    // Storage keeps whole seconds, rounded down.
    const isLate = attempt.sealedAt !== null && modifiedAt > attempt.sealedAt;
    yield {
      kind: "segment-unknown",
      key,
      words: isLate
        ? "written by a recorder after it was given up: no part of the recording"
        : "nobody has written down that it is there",
    };
  }
}

async function compare(
  { storage, hashes }: Auditing,
  segment: Known,
  object: StoredObject | undefined,
): Promise<Omit<Finding, "key"> | undefined> {
  if (segment.problem !== null) {
    if (!object || !isWithoutBytes(segment.problem)) return undefined;
    return {
      kind: "segment-left-out",
      words: `left out of its recording as ${segment.problem}, and there now`,
    };
  }
  if (segment.awaits_copy)
    return { kind: "segment-beside", words: "lies in the store beside alone, and waits to be copied" };
  if (!object) return { kind: "segment-missing", words: "verified once, and not there any more" };
  if (object.bytes !== segment.bytes)
    return {
      kind: "segment-changed",
      words: `has ${object.bytes} bytes, not the ${segment.bytes} that were verified`,
    };
  if (hashes) {
    const bytes = await storage.read(segment.key);
    if (!bytes || sha256(bytes) !== segment.sha256)
      return { kind: "segment-changed", words: "has other bytes than those that were verified" };
  } else if (object.etag !== (segment.copied_etag ?? segment.etag))
    return { kind: "segment-changed", words: "is another object than the one that was verified" };
  return undefined;
}
