import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { serviceError } from "#app/services/service-error.ts";
import type { Storage } from "#app/services/storage.ts";

/**
 * `main`: the storage that viewers read. `beside`: another one, to which recorders write where it is configured; what is
 * verified there is copied.
 */
export type Store = "main" | "beside";

export type StoreServices = Pick<Services, "storage" | "recordingStorage">;

/** A segment `g` that plays, and is not yet in the storage that viewers read. */
export const waits = sql<boolean>`(g.awaits_copy and g.problem is null)`;

/** Where the recorder of a new attempt writes. */
export const storeForNew = ({ recordingStorage }: StoreServices): Store =>
  recordingStorage ? "beside" : "main";

/** The storage to which an attempt's recorder writes. Throws a ServiceError where it is configured no more. */
export function storageOf(
  { storage, recordingStorage }: StoreServices,
  { store }: { store: Store },
): Storage {
  if (store === "main") return storage;
  if (recordingStorage) return recordingStorage;
  throw serviceError("storage", "RECORDING_S3_* is not set any more, and something lies there", {
    retryable: true,
    code: "not_configured",
  });
}
