import { useEffect, useState, useSyncExternalStore } from "react";
import type { ViewerRoom } from "./viewer-room.client.ts";
import { isComing, patienceMs, type Way, wayNow } from "./way.ts";

const nobody = () => () => {};

/**
 * How the picture is seen now. `room` is null while it is not there yet, or was left for the delayed picture, which
 * somebody chose. `again` gives the room another chance.
 */
export function useWay(
  room: ViewerRoom | null,
  { chosen, possible }: { chosen: boolean; possible: boolean },
): { way: Way; again: () => void } {
  const line = useSyncExternalStore(
    room?.subscribe ?? nobody,
    () => room?.view().line ?? "joining",
    () => "joining" as const,
  );
  const [late, setLate] = useState(false);
  /** Since when we wait, at least; before the page is looked at for the first time there is no time to tell. */
  const [since, setSince] = useState<number | null>(null);
  const coming = isComing(line);
  useEffect(() => {
    if (chosen || !coming) return setLate(false);
    const began = Math.max(since ?? 0, room?.awaySince() ?? 0) || performance.now();
    const timer = setTimeout(() => setLate(true), patienceMs - (performance.now() - began));
    return () => clearTimeout(timer);
  }, [room, coming, chosen, since]);

  const way = wayNow({ chosen, line, late, possible });
  useEffect(() => room?.bePatient(way.delayed), [room, way.delayed]);
  return {
    way,
    again() {
      setLate(false);
      setSince(performance.now());
      room?.tryAgain();
    },
  };
}
