import { toSlug } from "../text.ts";

/** Addresses to try for something that is called `name`, best first; `otherwise` when the name has nothing to give. */
export function* slugsFor(name: string, otherwise: string, reserved: ReadonlySet<string> = new Set()) {
  const base = toSlug(name, 40) || otherwise;
  for (let number = 1; number <= 200; number += 1) {
    const slug = number === 1 ? base : `${base}-${number}`;
    if (!reserved.has(slug)) yield slug;
  }
}
