import type { Services } from "#app/context.ts";
import { pageTab, type Seen, touchPresence } from "#app/domain/presence/presence.ts";

const gatherMs = 1_000;
/** People count for longer than this since they were last seen. */
const againMs = 4_000;

export type CountPerson = ReturnType<typeof createPagePresence>;

/**
 * Counts people by the pages and playlists that they ask for: who watches without scripts has no page socket that would.
 * All of a second are written in one statement. Nobody waits for it: who could not be counted still watches.
 */
export function createPagePresence({ db, log }: Pick<Services, "db" | "log">) {
  const lately = new Map<string, number>();
  let waiting: (Omit<Seen, "agoMs"> & { at: number })[] = [];

  function write() {
    const now = performance.now();
    const seen = waiting.map(({ at, ...one }) => ({ ...one, agoMs: now - at }));
    waiting = [];
    for (const [key, at] of lately) if (now - at > againMs) lately.delete(key);
    touchPresence(db, seen).catch((error: unknown) =>
      log.warn({ err: error }, "people without a socket were not counted"),
    );
  }

  /** This person asked for a page of a stream, or for its playlist. `audience`: they are not of its team. */
  return (streamId: string, userId: string, audience: boolean): void => {
    const now = performance.now();
    const key = `${streamId} ${userId}`;
    if (now - (lately.get(key) ?? -Infinity) < againMs) return;
    lately.set(key, now);
    if (waiting.length === 0) setTimeout(write, gatherMs).unref();
    waiting.push({ streamId, userId, tab: pageTab, audience, at: now });
  };
}
