/** What a store answers instead of doing what it was asked: an S3 error. */
export type Refusal = { status: number; code: string; message: string };

export type Asked = {
  method: string;
  /** Of the object, decoded; "" where the bucket itself is asked. */
  key: string;
  query: URLSearchParams;
  bytes: number;
};

/** R2 takes one write a second of a key (https://developers.cloudflare.com/r2/platform/limits/). */
const betweenWritesMs = 1000;

/**
 * Whether a sentence of `broken` is about a recorder's playlist: Egress, too, writes one twice within a second when it ends,
 * and repeats what is refused.
 */
export const isOfRecorder = (sentence: string): boolean => /^recordings\/\S+\.m3u8 was/.test(sentence);

/**
 * What R2 refuses and other stores take: a second write of a key within a second, and a multipart upload whose parts are
 * not of one size but for the last (https://developers.cloudflare.com/r2/objects/multipart-objects/). `broken` has a
 * sentence for each refusal.
 */
export function createR2Rules() {
  const lastWrites = new Map<string, number>();
  const partSizes = new Map<string, Map<number, number>>();
  const broken: string[] = [];

  function refuse(sentence: string, refusal: Refusal): Refusal {
    broken.push(sentence);
    return refusal;
  }

  return {
    broken,

    /** Judges a request before it is passed on. */
    judge({ method, key, query, bytes }: Asked): Refusal | undefined {
      const upload = query.get("uploadId");
      if (method === "PUT" && upload) {
        const sizes = partSizes.get(upload) ?? new Map<number, number>();
        partSizes.set(upload, sizes.set(Number(query.get("partNumber")), bytes));
        return undefined;
      }
      if (method === "DELETE" && upload) partSizes.delete(upload);
      const isWrite = (method === "PUT" && key !== "") || (method === "POST" && upload !== null);
      if (!isWrite) return undefined;
      const refusal = tooSoon(key) ?? unequalParts(key, upload);
      if (!refusal) lastWrites.set(key, performance.now());
      return refusal;
    },
    /** The store failed at it: what is written then is no second write of that key, but the first once more. */
    failedAt(key: string): void {
      lastWrites.delete(key);
    },
  };

  function tooSoon(key: string): Refusal | undefined {
    const last = lastWrites.get(key);
    if (last === undefined || performance.now() - last >= betweenWritesMs) return undefined;
    return refuse(`${key} was written twice within a second`, {
      status: 429,
      code: "TooManyRequests",
      message: "Reduce your rate of simultaneous writes of the same object.",
    });
  }

  function unequalParts(key: string, upload: string | null): Refusal | undefined {
    const sizes = [...(partSizes.get(upload ?? "") ?? [])].sort(([a], [b]) => a - b).map(([, size]) => size);
    const [first] = sizes;
    if (sizes.slice(0, -1).every((size) => size === first) && (sizes.at(-1) ?? 0) <= (first ?? 0))
      return undefined;
    return refuse(`${key} has parts of several sizes: ${sizes.join(", ")}`, {
      status: 400,
      code: "InvalidPart",
      message: "All non-trailing parts must have the same length.",
    });
  }
}
