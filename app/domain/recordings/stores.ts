import { sql, type Transaction } from "kysely";
import type { Services } from "#app/context.ts";
import { isServiceError, serviceError } from "#app/services/service-error.ts";
import type { Storage } from "#app/services/storage.ts";
import type { Database } from "#db/client.ts";

/**
 * `main`: the storage that viewers read. `beside`: another one, to which recorders write where it is configured; what is
 * verified there is copied.
 */
export type Store = "main" | "beside";

export type StoreServices = Pick<Services, "storage" | "recordingStorage">;

/** A segment `g` that plays, and is not yet in the storage that viewers read. */
export const waits = sql<boolean>`(g.awaits_copy and g.problem is null)`;

/** Where an attempt's recorder writes; `storeAt`: which store beside that is. */
export type Written = { store: Store; storeAt: string | null };

const inMain: Written = { store: "main", storeAt: null };

/**
 * Where the recorder of a recording's next attempt writes. After one that ran and stored nothing at all in the store beside it
 * is the other one's turn: that store may be away, or take nothing.
 */
export async function storeForNew(
  trx: Transaction<Database>,
  { recordingStorage }: StoreServices,
  recordingId: string,
): Promise<Written> {
  if (!recordingStorage) return inMain;
  const { rows } = await sql<{ isVain: boolean }>`
    select a.store = 'beside' and a.egress_id is not null and not exists (
      select from streaming_recording_segments g where g.attempt_id = a.id
    ) as "isVain"
    from streaming_recording_attempts a where a.recording_id = ${recordingId}::uuid
    order by a.number desc limit 1
  `.execute(trx);
  return rows[0]?.isVain ? inMain : { store: "beside", storeAt: recordingStorage.at };
}

/** A live look at storage gives an answer up after this long. */
const hurriedMs = 4_000;

/**
 * The same stores for who has no time: no list or object is waited for longer than four seconds, its tries together. What
 * storage does not give by then is asked for again with the next look.
 */
export function inHurry<Given extends StoreServices>(services: Given): Given {
  const { storage, recordingStorage } = services;
  return {
    ...services,
    storage: hurried(storage),
    recordingStorage: recordingStorage && hurried(recordingStorage),
  };
}

function hurried(storage: Storage): Storage {
  const soon = () => ({ signal: AbortSignal.timeout(hurriedMs) });
  return {
    ...storage,
    list: (prefix, of) => storage.list(prefix, { ...of, ...soon() }),
    read: (key) => storage.read(key, soon()),
    readListed: (object) => storage.readListed(object, soon()),
  };
}

const notConfigured = "not_configured";

/** Whether that is why something is not to be had: who set the variables otherwise can set them again. */
export const isNotConfigured = (error: unknown): boolean =>
  isServiceError(error) && error.code === notConfigured;

/**
 * The storage to which an attempt's recorder writes. Throws a ServiceError where it is configured no more, or another one is:
 * what lies in the first would seem to be gone.
 */
export function storageOf(
  { storage, recordingStorage }: StoreServices,
  { store, storeAt }: Written,
): Storage {
  if (store === "main") return storage;
  if (recordingStorage?.at === storeAt) return recordingStorage;
  const words = recordingStorage ? "names another store now" : "is not set any more";
  throw serviceError("storage", `RECORDING_S3_* ${words}, and something lies in ${storeAt}`, {
    retryable: true,
    code: notConfigured,
  });
}
