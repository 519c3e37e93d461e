import { useEffect, useMemo, useRef, useState } from "react";
import type { PageConnection, PageState, PageViewers } from "../page-messages.ts";
import { type PageEnd, type PageSocket, usePageSocket } from "../page-socket.ts";
import { useReadAgain } from "../read-again.ts";
import { askedNow } from "./asked-now.ts";
import { joinSpreadMs, warmUpMs } from "./lobby/crowd.ts";
import { useSlept } from "./lobby/use-slept.ts";
import { almostLive, nextTurnMs, type Place, placeOf, readingOf } from "./place.ts";
import { laterClock, type ServerClock, serverNow } from "./server-clock.ts";
import type { DevicesAsked, WatchData } from "./watch-data.ts";

/** Browsers' timers end at 2^31 ms. */
const longestTimerMs = 86_400_000;

export type Watch = {
  state: PageState;
  viewers: PageViewers | null;
  place: Place;
  /** The server's clock, to count from (ISO). */
  at: string;
  /** The same, and when it was heard. */
  clock: ServerClock;
  /** What the server's clock says is known: false for a moment after this machine has slept. */
  sure: boolean;
  /** The start as this page showed it first (ISO), where it is another one by now. */
  movedFrom: string | null;
  /** What this page said last of how near the start is, in ms by the server's clock; it changes only where words do. */
  now: number;
  connection: PageConnection;
  /** When access ends by itself, if that was told since the page was loaded. */
  end: PageEnd | undefined;
  /** Why there is no picture on this device, although the person may watch. */
  devices: DevicesAsked | null;
  onChat: PageSocket["onChat"];
  /** It went live while this page was open: so many ms for its people to come in. */
  spreadMs: number;
  /** Asks the server for the whole page again, within so many ms. */
  readAgain: (spreadMs: number) => void;
};

/**
 * The page as it is now: what was loaded, or what the socket has told since. The page itself is loaded again only where it
 * needs more than the socket tells: why access ended and what opens it, and the replay.
 */
export function useWatch(loaded: WatchData): Watch {
  const [again, setAgain] = useState(0);
  const socket = usePageSocket({
    streamId: loaded.streamId,
    page: "watch",
    enabled: loaded.email !== null,
    again,
  });
  const read = useMemo(() => ({ at: loaded.at, heardMs: performance.now() }), [loaded.at]);
  const told = laterClock(read, socket.at === null ? null : { at: socket.at, heardMs: socket.heardMs });
  const known = told !== read && socket.state ? socket.state : loaded.state;
  const clock = laterClock(told, socket.clock);
  const { at } = clock;
  const state = socket.endedReason ? { ...known, access: socket.endedReason } : known;
  const viewers = socket.viewers ?? loaded.viewers;
  const now = useServerClock(state, clock);
  const place = placeOf(state, now);
  const movedFrom = useFirstStart(loaded, state);

  const readAgain = useReadAgain();
  const slept = useSlept(clock.heardMs, readAgain);
  const many = viewers?.now ?? 0;
  useEffect(() => {
    if (socket.connection !== "refused" && socket.connection !== "signed-out") return;
    readAgain(300);
    // The page of somebody without access listens too, for the moment when that changes.
    const timer = setTimeout(() => setAgain((count) => count + 1), 1_500 + Math.random() * 1_500);
    return () => clearTimeout(timer);
  }, [socket.connection, readAgain]);

  const opened = state.access === "yes" && loaded.refusal !== null;
  const spread = readingOf({
    ...{ place, many },
    recording: state.recording,
    shownEdit: loaded.replay ? loaded.replay.edit : null,
  });
  const stale = spread !== null && `${state.recording?.edit} ${state.recording?.withheld}`;
  useEffect(() => {
    if (opened) readAgain(300);
  }, [opened, readAgain]);
  useEffect(() => {
    if (stale) readAgain(spread ?? 0);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- how many there were at that moment
  }, [stale, readAgain]);
  const devices = useDevices(loaded, socket.device, readAgain);
  useReadWhenSeen(loaded.email === null, readAgain);

  const soon = place !== "refused" && almostLive(state, now);
  const waited = useRef(many);
  waited.current = many;
  useEffect(() => {
    if (!soon) return;
    const fetchPicture = () =>
      void import("./warm-up.client.ts").then((warmUp) => warmUp.fetchPicture()).catch(() => {});
    const timer = setTimeout(fetchPicture, Math.random() * warmUpMs(waited.current));
    return () => clearTimeout(timer);
  }, [soon]);

  return {
    state,
    viewers,
    place,
    at,
    clock,
    sure: !slept,
    movedFrom,
    now,
    connection: socket.connection,
    end: socket.end,
    devices,
    onChat: socket.onChat,
    spreadMs: loaded.state.status === "live" ? 0 : joinSpreadMs(many, loaded.joinsPerSecond),
    readAgain,
  };
}

/** What the page was loaded with, or what the socket has told since: then the page is read again, for the devices' names. */
function useDevices(
  loaded: WatchData,
  told: PageSocket["device"],
  readAgain: (spreadMs: number) => void,
): DevicesAsked | null {
  const { asked, differs } = askedNow(loaded, told);
  useEffect(() => {
    if (differs) readAgain(0);
  }, [differs, readAgain]);
  return asked;
}

/** The start that this page showed first, where it is another one now. */
function useFirstStart({ streamId, state: { startsAt } }: WatchData, now: PageState): string | null {
  const first = useRef({ streamId, startsAt });
  if (first.current.streamId !== streamId) first.current = { streamId, startsAt };
  return first.current.startsAt === now.startsAt ? null : first.current.startsAt;
}

/** Milliseconds by the server's clock, kept up at the moments at which the page changes by itself. */
function useServerClock(state: PageState, clock: ServerClock): number {
  const { at, heardMs } = clock;
  const heard = useRef(clock);
  heard.current = clock;
  const [, turn] = useState(0);
  // What the server drew, until the page has come to life.
  const [now, setNow] = useState(() => Date.parse(at));
  useEffect(() => setNow(serverNow({ at, heardMs })), [at, heardMs]);
  const { startsAt, status } = state;
  const next = nextTurnMs(state, now);
  useEffect(() => {
    if (next === null) return;
    const timer = setTimeout(
      () => {
        setNow(serverNow(heard.current));
        turn((count) => count + 1);
      },
      Math.min(next + 20, longestTimerMs),
    );
    return () => clearTimeout(timer);
  }, [next, startsAt, status]);
  return now;
}

/** Who is not signed in has no socket: the page is read again when it is looked at again. */
function useReadWhenSeen(enabled: boolean, readAgain: (spreadMs: number) => void) {
  useEffect(() => {
    if (!enabled) return;
    let hiddenAt = 0;
    const look = () => {
      if (document.visibilityState === "hidden") hiddenAt = performance.now();
      else if (hiddenAt > 0 && performance.now() - hiddenAt > 5_000) readAgain(500);
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [enabled, readAgain]);
}
