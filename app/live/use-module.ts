import { useEffect, useState } from "react";

const againMs = 3_000;

/**
 * The code of a part of a page that comes after the page, once it is `wanted`; null until it is here. What does not come is
 * asked for again. `load` is the same function each time.
 */
export function useModule<Module extends object>(
  load: () => Promise<Module>,
  { wanted = true } = {},
): Module | null {
  const [loaded, setLoaded] = useState<Module | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!wanted || loaded) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    load().then(setLoaded, () => {
      timer = setTimeout(() => setTries((count) => count + 1), againMs);
    });
    return () => clearTimeout(timer);
  }, [load, wanted, loaded, tries]);
  return loaded;
}
