import { useEffect, useRef, useState } from "react";
import type { ChatNews, PageConnection, PageMessage, PageState, PageViewers } from "./page-messages.ts";
import { claimTab } from "./tab.ts";
import { isWrong, type ServerClock } from "./watch/server-clock.ts";

type PageKind = "watch" | "studio";
type Options = {
  streamId: string;
  page: PageKind;
  onMessage: (message: PageMessage) => void;
  onConnection?: (connection: PageConnection) => void;
};

/** The server says something at least every other ping (10 s, 2 s): a line that is quiet for longer is cut. */
const patienceMs = { watch: 25_000, studio: 7_000 };
const longestPauseMs = { watch: 15_000, studio: 4_000 };
/** After a restart of the server everybody comes back, not all in the same moment. */
const restartSpreadMs = { watch: 3_000, studio: 500 };
const ends: Record<number, PageConnection> = { 4401: "signed-out", 4403: "refused", 4404: "gone" };

/**
 * Keeps a page's socket open: after a loss it comes back by itself, with growing pauses that differ from page to page, and
 * at once when the browser is online again. `close()` when the page goes.
 */
export function connectPageSocket({ streamId, page, onMessage, onConnection }: Options): { close(): void } {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let over = false;

  async function open(fresh = false) {
    const tab = await claimTab({ fresh });
    if (over) return;
    const url = new URL("/events", window.location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = new URLSearchParams({ stream: streamId, tab, page }).toString();
    const mine = new WebSocket(url);
    socket = mine;
    listenFor(mine);
    mine.onopen = () => {
      if (socket === mine) onConnection?.("open");
    };
    mine.onmessage = ({ data }) => {
      if (socket !== mine) return;
      failures = 0;
      listenFor(mine);
      onMessage(JSON.parse(String(data)) as PageMessage);
    };
    mine.onclose = ({ code }) => lost(mine, code);
  }

  function listenFor(mine: WebSocket) {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      mine.close();
      // A cut line does not answer the goodbye either.
      lost(mine, 1006);
    }, patienceMs[page]);
  }

  function lost(mine: WebSocket, code: number) {
    if (socket !== mine) return;
    socket = undefined;
    clearTimeout(quiet);
    if (over) return;
    const end = ends[code];
    if (end) {
      over = true;
      stopListening();
      return onConnection?.(end);
    }
    onConnection?.("lost");
    const backoff = Math.min(longestPauseMs[page], 400 * 2 ** failures);
    const pause =
      code === 1012 ? Math.random() * restartSpreadMs[page] : backoff * (0.3 + Math.random() * 0.7);
    failures += 1;
    // 4409: another page has our tab's id.
    timer = setTimeout(() => void open(code === 4409), pause);
  }

  function soon() {
    if (over || socket || document.visibilityState === "hidden") return;
    clearTimeout(timer);
    timer = setTimeout(() => void open(), Math.random() * 300);
  }

  function stopListening() {
    window.removeEventListener("online", soon);
    document.removeEventListener("visibilitychange", soon);
  }

  window.addEventListener("online", soon);
  document.addEventListener("visibilitychange", soon);
  onConnection?.("connecting");
  void open();
  return {
    close() {
      over = true;
      stopListening();
      clearTimeout(timer);
      clearTimeout(quiet);
      socket?.close();
    },
  };
}

export type PageSocket = {
  /** The last state that was told, and the database's clock then; null before the first. */
  state: PageState | null;
  at: string | null;
  /** When that was heard, by the browser's `performance.now()`. */
  heardMs: number;
  /** The database's clock as it was told last, or before that one which still says the same. */
  clock: ServerClock | null;
  viewers: PageViewers | null;
  connection: PageConnection;
  /** Why access ended while the page was open. */
  endedReason: string | null;
  /** When access ends by itself, by the browser's `performance.now()`; undefined before that was told. */
  end: PageEnd | undefined;
  /** Whether another device took this one's place, and the database's clock when that was looked at; null before it was told. */
  device: { ended: boolean; at: string } | null;
  /** Hears what the socket says of the chat, from now on; gives how to stop. */
  onChat: (listener: ChatListener) => () => void;
};

/** Another clock only where the one that is known goes wrong: nothing is drawn anew for a sign of life. */
function keepTime<Heard extends Pick<PageSocket, "clock">>(now: Heard, at: string, heardMs: number): Heard {
  const told = { at, heardMs };
  return now.clock && !isWrong(now.clock, told) ? now : { ...now, clock: told };
}

/** `until` null: it has no end of its own. */
export type PageEnd = { until: string | null; atMs: number | null };

export type ChatListener = (news: ChatNews) => void;

const isChat = (message: PageMessage): message is ChatNews =>
  message.type === "chat" || message.type.startsWith("chat-");

const nothingYet = {
  state: null,
  at: null,
  heardMs: 0,
  clock: null,
  viewers: null,
  connection: "connecting",
  endedReason: null,
  end: undefined,
  device: null,
} as const;

/**
 * The page socket of a component. `enabled: false` for who is not signed in. After access has ended, `again` (any new
 * value) connects anew.
 */
export function usePageSocket({
  streamId,
  page,
  enabled = true,
  again = 0,
}: {
  streamId: string;
  page: PageKind;
  enabled?: boolean;
  again?: unknown;
}): PageSocket {
  const [heard, setHeard] = useState<Omit<PageSocket, "onChat">>(nothingYet);
  const listeners = useRef(new Set<ChatListener>());
  const onChat = useRef((listener: ChatListener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  });
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) setHeard(nothingYet);
    first.current = false;
    if (!enabled) return;
    const socket = connectPageSocket({
      streamId,
      page,
      onConnection: (connection) => setHeard((now) => ({ ...now, connection })),
      onMessage: (message) => {
        const heardMs = performance.now();
        if (isChat(message)) return listeners.current.forEach((listener) => listener(message));
        setHeard((now) => {
          if (message.type === "beat") return keepTime(now, message.at, heardMs);
          if (message.type === "state") {
            const { state, at } = message;
            return { ...now, state, at, heardMs, clock: { at, heardMs } };
          }
          if (message.type === "access-ended") return { ...now, endedReason: message.reason };
          if (message.type === "device")
            return { ...now, device: { ended: message.ended !== null, at: message.at } };
          if (message.type === "until") {
            const { until, remainingMs } = message;
            return {
              ...now,
              end: { until, atMs: remainingMs === null ? null : heardMs + remainingMs },
            };
          }
          const { now: here, peak, total } = message;
          return { ...now, viewers: { now: here, peak, total } };
        });
      },
    });
    return () => socket.close();
  }, [streamId, page, enabled, again]);
  return { ...heard, onChat: onChat.current };
}
