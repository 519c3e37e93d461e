import { useEffect, useRef, useState, useSyncExternalStore } from "react";
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
 * somebody chose. `again` gives the room another chance. `queued`: their turn to go there takes longer than our patience.
 */
export function useWay(
  room: ViewerRoom | null,
  { chosen, away, possible, begunMs }: Watching,
): { way: Way; again: () => void; queued: boolean } {
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

  const queued = useQueued({ waits: begunMs === null && !chosen, known: lateAtOnce(line) !== undefined });

  const way = wayNow({ chosen, away, line, late, queued, possible });
  useEffect(() => room?.bePatient(way.delayed), [room, way.delayed]);
  return {
    way,
    queued,
    again() {
      setLate(false);
      setSince(performance.now());
      room?.tryAgain();
    },
  };
}

/** Whether somebody's turn has not come within our patience (`waits`), until the room has said something (`known`). */
function useQueued({ waits, known }: { waits: boolean; known: boolean }): boolean {
  const [queued, setQueued] = useState(false);
  const came = useRef<number | null>(null);
  useEffect(() => {
    if (!waits) return;
    came.current ??= performance.now();
    const timer = setTimeout(() => setQueued(true), patienceMs - (performance.now() - came.current));
    return () => clearTimeout(timer);
  }, [waits]);
  useEffect(() => {
    if (known) setQueued(false);
  }, [known]);
  return queued;
}
