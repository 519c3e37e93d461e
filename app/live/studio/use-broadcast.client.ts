import { useEffect, useState } from "react";
import { type Broadcast, startBroadcast } from "./broadcast.client.ts";
import type { Connection } from "./connection-words.ts";
import type { Sources } from "./sources.client.ts";

type Wanted = { streamId: string; tab: string; sources: Sources; on: boolean };

/** Holds the one connection to the room while `on`. `again` starts anew after it was replaced or refused. */
export function useBroadcast({ streamId, tab, sources, on }: Wanted) {
  const [connection, setConnection] = useState<Connection>({ kind: "closed" });
  const [broadcast, setBroadcast] = useState<Broadcast>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!on) return;
    const started = startBroadcast({ streamId, tab, sources, onConnection: setConnection });
    setBroadcast(started);
    return () => {
      started.close();
      setBroadcast(undefined);
      setConnection({ kind: "closed" });
    };
  }, [streamId, tab, sources, on, round]);
  return { connection, room: broadcast?.room, again: () => setRound((now) => now + 1) };
}
