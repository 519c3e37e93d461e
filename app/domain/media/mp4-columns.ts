const BLOCK = 1 << 15;

/** A growing list of 32-bit numbers in blocks: no copy while it grows, four bytes a number. */
export function createColumn() {
  const blocks: Uint32Array[] = [];
  let length = 0;
  return {
    push(value: number): void {
      const within = length % BLOCK;
      if (within === 0) blocks.push(new Uint32Array(BLOCK));
      blocks[blocks.length - 1]![within] = value;
      length++;
    },
    at: (index: number): number => blocks[Math.floor(index / BLOCK)]![index % BLOCK]!,
    get length() {
      return length;
    },
  };
}

/** A list of 32-bit numbers of which many in a row are alike, kept as runs, as the tables of an MP4 have them. */
export function createRuns() {
  const counts = createColumn();
  const values = createColumn();
  let count = 0;
  let value = 0;
  return {
    push(next: number): void {
      if (count > 0 && next !== value) this.close();
      value = next;
      count++;
    },
    /** Ends the open run; call it once before reading. */
    close(): void {
      if (count === 0) return;
      counts.push(count);
      values.push(value);
      count = 0;
    },
    counts,
    values,
  };
}

export type Column = ReturnType<typeof createColumn>;
export type Runs = ReturnType<typeof createRuns>;
