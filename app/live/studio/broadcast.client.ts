import { DisconnectReason, LogLevel, Room, RoomEvent, setLogLevel } from "livekit-client";
import type { Connection } from "./connection-words.ts";
import { signalGate } from "../signal-gate.ts";
import { createPublisher } from "./publisher.client.ts";
import type { Sources } from "./sources.client.ts";

// The page says in words how the connection is. LiveKit's own log calls each taking-over an error, and shows whole joins.
setLogLevel(LogLevel.silent);

type Options = {
  streamId: string;
  tab: string;
  sources: Sources;
  onConnection: (connection: Connection) => void;
};
export type Broadcast = ReturnType<typeof startBroadcast>;

/**
 * Keeps this tab's picture and sound in the stream's room until it is closed: asks for a token, joins, publishes what
 * the sources give, and begins again when the line breaks or the room was lost. It never fights over the room: who was
 * replaced, or has lost the lease, stays out.
 */
export function startBroadcast({ streamId, tab, sources, onConnection }: Options) {
  const room = new Room({
    adaptiveStream: true,
    dynacast: true,
    // The tracks are the sources', which live longer than a connection.
    stopLocalTrackOnUnpublish: false,
    // Its own handler would also hang up when somebody is only asked whether to leave.
    disconnectOnPageLeave: false,
    publishDefaults: { simulcast: true },
  });
  const stop = new AbortController();
  const publisher = createPublisher(room, sources, () => void room.disconnect(false));
  const say = (connection: Connection) => void (stop.signal.aborted || onConnection(connection));

  room.on(RoomEvent.Reconnecting, () => say({ kind: "reconnecting" }));
  room.on(RoomEvent.SignalReconnecting, () => say({ kind: "reconnecting" }));
  room.on(RoomEvent.Reconnected, () => {
    say({ kind: "connected" });
    void publisher.sync();
  });
  const unsubscribe = sources.subscribe(() => void publisher.sync());
  const leave = () => void room.disconnect(false);
  window.addEventListener("pagehide", leave);

  async function keepUp() {
    let tries = 0;
    while (!stop.signal.aborted) {
      if (tries === 0) say({ kind: "joining" });
      const joined = await join();
      if (stop.signal.aborted) return;
      if (joined.kind === "refused") return say(joined);
      if (joined.kind === "connected") {
        tries = 0;
        const ended = disconnected(room);
        say(joined);
        void publisher.sync();
        const reason = await ended;
        if (stop.signal.aborted) return;
        if (reason === DisconnectReason.DUPLICATE_IDENTITY) return say({ kind: "replaced" });
        say({ kind: "waiting", why: "Interrupted, connecting again…" });
      } else {
        say(joined);
      }
      tries++;
      await pause(Math.min(8000, 400 * 2 ** tries) * (0.75 + Math.random() / 2), stop.signal);
    }
  }

  async function join(): Promise<Connection & { kind: "connected" | "refused" | "waiting" }> {
    const ticket = await askForToken({ streamId, tab, signal: stop.signal });
    if (ticket.kind !== "token") return ticket;
    try {
      await room.connect(ticket.url ?? signalGate(), ticket.token);
      return { kind: "connected" };
    } catch {
      return { kind: "waiting", why: "The video server does not answer. Trying again…" };
    }
  }

  void keepUp();
  return {
    room,
    close() {
      stop.abort();
      unsubscribe();
      window.removeEventListener("pagehide", leave);
      void room.disconnect(false);
    },
  };
}

type Ticket =
  | { kind: "token"; token: string; url: string | null }
  | { kind: "refused"; why: string }
  | { kind: "waiting"; why: string };

async function askForToken({
  streamId,
  tab,
  signal,
}: {
  streamId: string;
  tab: string;
  signal: AbortSignal;
}): Promise<Ticket> {
  try {
    const answer = await fetch(`/account/streams/${streamId}/token`, {
      method: "POST",
      body: new URLSearchParams({ tab }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
      headers: { accept: "application/json" },
      redirect: "manual",
    });
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      return {
        kind: "refused",
        why: "You are signed out. Sign in again in another tab, then reload this page.",
      };
    }
    const said = (await answer.json()) as { token?: string; url?: string | null; message?: string };
    if (answer.ok && said.token) return { kind: "token", token: said.token, url: said.url ?? null };
    const why = said.message ?? "We could not connect you.";
    return answer.status >= 500 ? { kind: "waiting", why } : { kind: "refused", why };
  } catch {
    return { kind: "waiting", why: "We cannot be reached. Trying again…" };
  }
}

function disconnected(room: Room): Promise<DisconnectReason | undefined> {
  return new Promise((resolve) => room.once(RoomEvent.Disconnected, resolve));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
