import type { Services } from "#app/context.ts";
import { databaseNow } from "#app/services/clock.ts";
import { auditAttempts } from "./attempts.ts";
import { auditExports } from "./exports.ts";

export type AuditServices = Pick<Services, "db" | "queue" | "storage" | "recordingStorage" | "log">;

/** Something on which the database and the bucket do not agree. */
export type Finding = {
  kind: FindingKind;
  /** The object, or the folder of several. */
  key: string;
  /** What is wrong with it. */
  words: string;
  /** Puts it right, where that is safe: nothing is lost by it that could not be made again, or was not deleted before. */
  repair?: (services: AuditServices) => Promise<void>;
};

export type FindingKind =
  | "segment-missing"
  | "segment-changed"
  | "segment-unknown"
  | "segment-left-out"
  | "segment-beside"
  | "attempt-beside"
  | "export-missing"
  | "export-changed"
  | "export-left"
  | "upload-left"
  | "removed-left"
  | "unknown";

export type AuditCounts = { objects: number; bytes: number; segments: number; exports: number };

export type AuditOptions = {
  /** Reads every byte and compares it with what was written down; otherwise sizes and the store's own tags are. */
  hashes?: boolean;
  /** What is younger than so many ms can be somebody's work under way, and is let alone. */
  settledMs?: number;
};

export type Auditing = AuditServices &
  Required<AuditOptions> & { counts: AuditCounts; isSettled: (at: Date) => boolean };

const hourMs = 3_600_000;

/**
 * Lists on what the database and the bucket do not agree, finding by finding, while people go on streaming. Reads the two side
 * by side, folder by folder, so that memory does not grow with them. Changes nothing. Rejects while one of them is away.
 */
export async function* auditRecordings(
  services: AuditServices,
  { hashes = false, settledMs = hourMs }: AuditOptions = {},
  counts: AuditCounts = { objects: 0, bytes: 0, segments: 0, exports: 0 },
): AsyncGenerator<Finding> {
  const begun = databaseNow();
  const isSettled = (at: Date) => begun - at.getTime() > settledMs;
  const auditing = { ...services, hashes, settledMs, counts, isSettled };
  yield* auditAttempts(auditing);
  yield* auditExports(auditing);
  for (const folder of await services.storage.folders())
    if (folder !== "recordings/" && folder !== "exports/")
      yield { kind: "unknown", key: folder, words: "nothing of ours lies there" };
}
