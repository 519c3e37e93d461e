import { useEffect, useState } from "react";

const againMs = 3_000;

/**
 * The code of a part of a page that comes after the page, once it is `wanted`; null until it is here. What does not come is
 * asked for again. `load` is the same function each time. `here`: what is here already.
 */
export function useModule<Module extends object>(
  load: () => Promise<Module>,
  { wanted = true, here = null }: { wanted?: boolean; here?: Module | null } = {},
): Module | null {
  const [loaded, setLoaded] = useState<Module | null>(here);
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
