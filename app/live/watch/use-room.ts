import { useEffect, useRef, useState } from "react";
import type { ViewerRoom } from "./viewer-room.client.ts";
import type { Picture, takeRoom } from "./warm-up.client.ts";

type Entered = { picture: Picture; room: ViewerRoom };

type Room = {
  /** Null while it is not there, `failed` when its code did not arrive, which is tried again. */
  entered: Entered | "failed" | null;
  /** When this page first went there, by `performance.now()`; null while it waits for its turn. */
  begunMs: number | null;
};

/**
 * The live room of the page at `path`, and what shows it. At first it waits for a moment within `spreadMs`. Not `wanted`
 * any more, it is left.
 */
export function useRoom({
  path,
  spreadMs,
  wanted,
}: {
  path: string;
  spreadMs: number;
  wanted: boolean;
}): Room {
  const [entered, setEntered] = useState<Entered | "failed" | null>(null);
  const [begunMs, setBegunMs] = useState<number | null>(null);
  const [tries, setTries] = useState(0);
  const wait = useRef(Math.random() * spreadMs);

  useEffect(() => {
    if (!wanted) return;
    let over = false;
    let begun: ReturnType<typeof takeRoom> | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function enter() {
      wait.current = 0;
      setBegunMs((known) => known ?? performance.now());
      try {
        const warmUp = await import("./warm-up.client.ts");
        if (over) return;
        begun = warmUp.takeRoom(path);
        const [picture, room] = await Promise.all([begun.picture, begun.room]);
        if (!over) setEntered({ picture, room });
      } catch {
        if (over) return;
        // The player's code did not arrive: a new version may be out, or the connection is gone. The room's may have.
        begun?.leave();
        setEntered("failed");
        timer = setTimeout(() => setTries((count) => count + 1), 3_000 + Math.random() * 4_000);
      }
    }
    if (wait.current >= 1) timer = setTimeout(() => void enter(), wait.current);
    else void enter();
    return () => {
      over = true;
      clearTimeout(timer);
      if (begun) begun.leave();
      else
        void import("./warm-up.client.ts").then(
          (warmUp) => warmUp.dropRoom(path),
          () => {},
        );
      setEntered(null);
    };
  }, [path, tries, wanted]);

  return { entered, begunMs };
}
