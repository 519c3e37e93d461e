/** Under which the tab's id is kept in its sessionStorage. */
export const tabKey = "frontrow-tab";
/** A page that is loaded again may still hold its lock for a moment. */
const patienceMs = 400;

let claimed: Promise<string> | undefined;

/**
 * The id of this tab, the same after a reload. A duplicated tab begins with a copy of the storage of the other one: the
 * Web Lock tells them apart, and the copy gets an id of its own. `fresh`: the id is in use elsewhere all the same.
 */
export function claimTab({ fresh = false }: { fresh?: boolean } = {}): Promise<string> {
  if (fresh || !claimed) claimed = claim(fresh);
  return claimed;
}

async function claim(fresh: boolean): Promise<string> {
  const known = fresh ? null : read();
  if (known && (await hold(known, patienceMs))) return known;
  const id = crypto.getRandomValues(new Uint32Array(4)).reduce((text, part) => text + part.toString(36), "t");
  write(id);
  // Nobody else has it, so nobody has to wait for the lock.
  void hold(id, 0);
  return id;
}

/** True when this page has the id for itself from now until it is closed. Without locks (plain http) nobody can know. */
function hold(id: string, patience: number): Promise<boolean> {
  if (!("locks" in navigator)) return Promise.resolve(patience === 0 || reloaded());
  return new Promise((resolve) => {
    const keep = () => (resolve(true), new Promise<never>(() => {}));
    const patient = patience > 0 ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
    navigator.locks
      .request(`${tabKey}-${id}`, patient, (lock) => (lock ? keep() : resolve(false)))
      .catch(() => resolve(false));
  });
}

/** A duplicated tab is a navigation, and so is a link that was followed: only a reload is surely the same tab. */
function reloaded(): boolean {
  const [entry] = performance.getEntriesByType("navigation");
  return (entry as PerformanceNavigationTiming | undefined)?.type === "reload";
}

/** Storage can be switched off; then each load is a tab of its own. */
function read(): string | null {
  try {
    const id = sessionStorage.getItem(tabKey);
    return id && /^[\w-]{8,64}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

function write(id: string) {
  try {
    sessionStorage.setItem(tabKey, id);
  } catch {
    // As above.
  }
}
