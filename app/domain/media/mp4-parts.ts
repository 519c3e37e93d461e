/** Where the file goes: parts of an S3 upload, or anything that takes numbered pieces in any order. */
export type PartSink = {
  /**
   * Takes part `number` (from 1). All are of one size except the last. The bytes are reused as soon as the promise
   * resolves. Parts are begun in the order 2…n and then the head's; several may be under way.
   */
  writePart: (number: number, bytes: Uint8Array) => Promise<void>;
};

/**
 * Collects bytes into parts of one size and hands each full one to the sink, at most `inFlight` at a time. Memory is
 * `inFlight + 1` parts and what one segment adds.
 */
export function createPartWriter({
  sink,
  partSize,
  firstPart,
  inFlight,
}: {
  sink: PartSink;
  partSize: number;
  firstPart: number;
  inFlight: number;
}) {
  const spare: Uint8Array[] = [];
  const full: Uint8Array[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let open: Uint8Array = new Uint8Array(partSize);
  let at = 0;
  let written = 0;
  let nextPart = firstPart;

  function begin(number: number, bytes: Uint8Array, reusable: boolean): void {
    const write = sink
      .writePart(number, bytes)
      .catch((error: unknown) => void (failure ??= { error }))
      .then(() => {
        underWay.delete(write);
        if (reusable) spare.push(bytes);
      });
    underWay.add(write);
  }

  async function settle(limit: number): Promise<void> {
    while (underWay.size > limit) await Promise.race(underWay);
    if (!failure) return;
    await Promise.all(underWay);
    throw failure.error;
  }

  return {
    /** Appends `from[start … end)`. Takes nothing out of hand before `drain`. */
    append(from: Uint8Array, start: number, end: number): void {
      written += end - start;
      while (start < end) {
        const count = Math.min(end - start, partSize - at);
        open.set(from.subarray(start, start + count), at);
        at += count;
        start += count;
        if (at < partSize) return;
        full.push(open);
        open = spare.pop() ?? new Uint8Array(partSize);
        at = 0;
      }
    },

    /** Hands full parts on and waits until few enough are under way. Rejects with the sink's first error. */
    async drain(): Promise<void> {
      for (let part = full.shift(); part; part = full.shift()) {
        begin(nextPart++, part, true);
        await settle(inFlight - 1);
      }
    },

    /** Whether nothing has left yet: the whole media is `rest`. */
    get isWhole() {
      return nextPart === firstPart && full.length === 0;
    },
    get rest() {
      return open.subarray(0, at);
    },

    /** Writes what is left as the last part, if any. */
    async finish(): Promise<void> {
      await this.drain();
      if (at > 0) begin(nextPart++, open.subarray(0, at), false);
      await settle(0);
    },

    /** Waits for parts under way without caring how they end: their bytes are in use until then. */
    async abandon(): Promise<void> {
      await Promise.all(underWay);
    },

    get written() {
      return written;
    },
    get parts() {
      return nextPart - 1;
    },
  };
}

export type PartWriter = ReturnType<typeof createPartWriter>;
