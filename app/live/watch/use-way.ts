import { useEffect, useState, useSyncExternalStore } from "react";
import type { ViewerRoom } from "./viewer-room.client.ts";
import { type Choice, lateAtOnce, patienceMs, waitsSince, type Way, wayNow } from "./way.ts";

const nobody = () => () => {};

type Watching = {
  chosen: Choice | null;
  /** They went back from now in the delayed picture. */
  away: boolean;
  possible: boolean;
  /** When the page went to the room (`useRoom`). */
  begunMs: number | null;
};

/**
 * How the picture is seen now. `room` is null while it is not there yet, or was left for the delayed picture, which
 * somebody chose. `again` gives the room another chance.
 */
export function useWay(
  room: ViewerRoom | null,
  { chosen, away, possible, begunMs }: Watching,
): { way: Way; again: () => void } {
  const line = useSyncExternalStore(
    room?.subscribe ?? nobody,
    () => room?.view().line ?? "joining",
    () => "joining" as const,
  );
  const [late, setLate] = useState(false);
  /** When somebody asked for the room again. */
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => {
    const began = waitsSince({ since, begunMs, awaySince: room && (room.awaySince() ?? performance.now()) });
    if (chosen || began === null) return setLate(false);
    const known = lateAtOnce(line);
    if (known !== undefined) return setLate(known);
    const timer = setTimeout(() => setLate(true), patienceMs - (performance.now() - began));
    return () => clearTimeout(timer);
  }, [room, line, chosen, since, begunMs]);

  const way = wayNow({ chosen, away, line, late, possible });
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
