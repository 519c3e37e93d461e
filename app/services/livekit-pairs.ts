/** A key's name and its secret, as LiveKit knows them. */
export type Pair = { key: string; secret: string };

const listed = (text: string) => text.split(",").map((part) => part.trim());

/** The pairs of two comma-separated lists, in order. While keys are rotated there are two: the first one signs, each is accepted. */
export function pairsOf(keys: string, secrets: string): Pair[] {
  const all = listed(secrets);
  return listed(keys).flatMap((key, index) => (key && all[index] ? [{ key, secret: all[index] }] : []));
}

/** The pair that signs. */
export function firstPairOf(keys: string, secrets: string): Pair {
  const [first] = pairsOf(keys, secrets);
  if (!first) throw new Error("There is no pair of keys for LiveKit.");
  return first;
}
