import { createHash } from "node:crypto";
import type { Services } from "#app/context.ts";
import type { MediaObject } from "#app/domain/recordings/media-objects.ts";
import { serviceError } from "#app/services/service-error.ts";

/** Everybody who plays at the end of a live stream wants the same segment within so long. */
const keptMs = 12_000;
/** A reading that has not come by then may hang: who asks after it begins another. */
const patienceMs = 1_500;
const mostBytes = 64 * 1024 * 1024;
/** A larger one goes from storage to whoever asks. */
export const largestShared = 4 * 1024 * 1024;

/**
 * The bytes of the newest segments of live streams, read from storage once for all who may have them, and never handed out
 * without a decision: it knows nothing of people. Of each it is known what it is (its sum), so nothing else is kept.
 */
export function createLiveBytes({ storage }: Pick<Services, "storage">) {
  const kept = new Map<string, Kept>();
  let total = 0;

  function forget(name: string, one = kept.get(name)) {
    // Another may be in its place by now.
    if (!one || kept.get(name) !== one) return;
    clearTimeout(one.timer);
    kept.delete(name);
    total -= one.size;
  }

  async function read({ key, bytes: size, etag }: MediaObject): Promise<Uint8Array> {
    const bytes = await storage.read(key);
    const isIt = bytes?.length === size && createHash("sha256").update(bytes).digest("hex") === etag;
    if (!isIt)
      throw serviceError("storage", "a segment is not what it was", { retryable: true, code: "changed" });
    return bytes;
  }

  /** All of a segment. Rejects when storage does not have it. */
  return (object: MediaObject): Promise<Uint8Array> => {
    const name = `${object.key} ${object.etag}`;
    const known = kept.get(name);
    if (known) return known.bytes;
    const bytes = read(object);
    const one: Kept = { size: object.bytes, bytes, timer: undefined };
    const forgetIn = (ms: number) => {
      clearTimeout(one.timer);
      one.timer = setTimeout(() => forget(name, one), ms).unref();
    };
    forgetIn(patienceMs);
    kept.set(name, one);
    total += one.size;
    for (const [oldest] of kept) if (total > mostBytes && oldest !== name) forget(oldest);
    bytes.then(
      () => kept.get(name) === one && forgetIn(keptMs),
      () => forget(name, one),
    );
    return bytes;
  };
}

type Kept = { size: number; bytes: Promise<Uint8Array>; timer: NodeJS.Timeout | undefined };
