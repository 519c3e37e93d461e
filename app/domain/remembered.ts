/**
 * `make`, which depends on nothing but its texts, and what it gave for the latest `most` of them: pages that are asked for a
 * thousand times ask for the same few.
 */
export function remembered<Texts extends string[], Made>(make: (...texts: Texts) => Made, most = 500) {
  const kept = new Map<string, Made>();
  return (...texts: Texts): Made => {
    const key = texts.join("\n");
    if (kept.has(key)) return kept.get(key)!;
    const made = make(...texts);
    const [oldest] = kept.keys();
    if (kept.size >= most && oldest !== undefined) kept.delete(oldest);
    kept.set(key, made);
    return made;
  };
}
