import type { StoredObject } from "#app/services/storage.ts";

/** No recorder leaves out so many: what is named so is none of this attempt's. */
const longestLeap = 1000;

/** The number that a name beside a recorder's playlist has: `seg_00042.ts`. */
export function numberIn(name: string): number | undefined {
  const found = /^seg_(\d{5,9})\.ts$/.exec(name);
  return found ? Number(found[1]) : undefined;
}

export const segmentName = (number: number) => `seg_${String(number).padStart(5, "0")}.ts`;

/** The segments among what lies under a prefix, in order, as far as their numbers go on from `after`. */
export function segmentsAmong(
  found: readonly StoredObject[],
  { prefix, after }: { prefix: string; after: number },
): { number: number; object: StoredObject }[] {
  const named = found
    .map((object) => ({ number: numberIn(object.key.slice(prefix.length)), object }))
    .filter((each): each is { number: number; object: StoredObject } => each.number !== undefined)
    .sort((a, b) => a.number - b.number);
  let newest = after;
  const end = named.findIndex(({ number }) => {
    if (number > newest + longestLeap) return true;
    newest = Math.max(newest, number);
    return false;
  });
  return end === -1 ? named : named.slice(0, end);
}
