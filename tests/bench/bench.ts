/** One benchmark: measures, prints how far it is through `say`, and gives what its last line tells. */
export type Bench = {
  name: string;
  title: string;
  run(tools: { say(line: string): void; args: string[] }): Promise<Measured>;
};

export type Measured = {
  /** The fixed keys of the last line, in order. */
  keys: Record<string, number>;
  /** For people. */
  rows: { what: string; value: string }[];
  /** Goals that were not met, in words; the figures stand as they are. */
  missed: string[];
};

export function median(values: number[]): number {
  if (values.length === 0) throw new Error("nothing was measured");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which `share` (0 to 1) of all lie: nearest rank. */
export function percentile(values: number[], share: number): number {
  if (values.length === 0) throw new Error("nothing was measured");
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}

export const round = (value: number, digits = 0) => Number(value.toFixed(digits));
