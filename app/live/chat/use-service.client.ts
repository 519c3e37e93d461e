import { type ComponentType, useEffect, useRef, useState } from "react";
import type { ChatLog } from "./chat-log.ts";
import type { Outbox } from "./outbox.ts";
import type { Joined } from "./service.client.tsx";

/** Shows nothing: it lives in the service's contexts, and hands out the way by which the service's client sends. */
export type Carrier = ComponentType<{ onOutbox: OnOutbox }>;
export type OnOutbox = (outbox: Outbox | null) => void;

export type Service = {
  state: "connecting" | "open" | "failed";
  /** Present while the service's client is here and connected. */
  Carrier: Carrier | null;
};

const shortestMs = 2_000;
const longestMs = 30_000;
/** Not all pages follow a chat that moves in one moment. */
const followWithinMs = 1_000;
/** Without the service, rows are asked for so often; more seldom while the page socket tells what is said. */
const askEveryMs = 4_000;
const askWhileToldMs = 15_000;

/**
 * The chat service's client, in a file of its own: fetched, given a pass and connected, and again with growing pauses when
 * any of that fails. Where the chat moves to another channel it follows. The chat works without it, only less quickly.
 */
export function useService(
  address: string,
  log: ChatLog,
  { away, channelId }: { away: boolean; channelId: string | null },
): Service {
  const [service, setService] = useState<Service>({ state: "connecting", Carrier: null });
  const wanted = useRef(channelId);
  wanted.current = channelId;
  const follow = useRef(() => {});
  useEffect(() => {
    let over = false;
    let failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let following: ReturnType<typeof setTimeout> | undefined;
    let here: Joined | undefined;
    let at = "";

    async function begin() {
      try {
        const before = wanted.current;
        const { joinService } = await import("./service.client.tsx");
        const joined = await joinService(address, log, () => lost(true));
        if (over) return joined.leave();
        failures = 0;
        here = joined;
        at = joined.channelId;
        setService({ state: "open", Carrier: joined.Carrier });
        log.catchUp();
        // What the page heard of before may be older than the pass.
        if (wanted.current !== before) followSoon();
      } catch {
        lost(false);
      }
    }

    function lost(wasOpen: boolean) {
      if (over) return;
      clearTimeout(following);
      // Same tick: what shows the channel must be gone before the client leaves it.
      setService({ state: wasOpen ? "connecting" : "failed", Carrier: null });
      here?.leave();
      here = undefined;
      failures += 1;
      const pause = Math.min(longestMs, shortestMs * 2 ** (failures - 1));
      timer = setTimeout(() => void begin(), pause * (0.5 + Math.random() / 2));
    }

    function followSoon() {
      clearTimeout(following);
      following = setTimeout(() => void move(), Math.random() * followWithinMs);
    }

    async function move() {
      const mine = here;
      const to = wanted.current;
      if (!mine || !to || to === at) return;
      try {
        at = to;
        const Carrier = await mine.move(to);
        if (over || here !== mine || at !== to) return;
        setService({ state: "open", Carrier });
        log.catchUp();
      } catch {
        if (here === mine) lost(true);
      }
    }

    follow.current = followSoon;
    void begin();
    return () => {
      over = true;
      clearTimeout(timer);
      clearTimeout(following);
      here?.leave();
    };
  }, [address, log]);

  useEffect(() => follow.current(), [channelId]);

  const slow = service.Carrier === null;
  useEffect(() => {
    if (!slow) return;
    const timer = setInterval(() => log.catchUp(), away ? askWhileToldMs : askEveryMs);
    return () => clearInterval(timer);
  }, [slow, away, log]);
  return service;
}
