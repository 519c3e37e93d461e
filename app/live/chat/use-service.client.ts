import { type ComponentType, useEffect, useState } from "react";
import type { ChatLog } from "./chat-log.ts";
import type { Outbox } from "./outbox.ts";

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
/** Without the service, rows are asked for so often; more seldom while the page socket tells what is said. */
const askEveryMs = 4_000;
const askWhileToldMs = 15_000;

/**
 * The chat service's client, in a file of its own: fetched, given a pass and connected, and again with growing pauses when
 * any of that fails. The chat works without it, only less quickly.
 */
export function useService(address: string, log: ChatLog, { away }: { away: boolean }): Service {
  const [service, setService] = useState<Service>({ state: "connecting", Carrier: null });
  useEffect(() => {
    let over = false;
    let failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let leave: (() => void) | undefined;

    async function begin() {
      try {
        const { joinService } = await import("./service.client.tsx");
        const joined = await joinService(address, log, () => lost(true));
        if (over) return joined.leave();
        failures = 0;
        leave = joined.leave;
        setService({ state: "open", Carrier: joined.Carrier });
        log.catchUp();
      } catch {
        lost(false);
      }
    }

    function lost(wasOpen: boolean) {
      if (over) return;
      // Same tick: what shows the channel must be gone before the client leaves it.
      setService({ state: wasOpen ? "connecting" : "failed", Carrier: null });
      leave?.();
      leave = undefined;
      failures += 1;
      const pause = Math.min(longestMs, shortestMs * 2 ** (failures - 1));
      timer = setTimeout(() => void begin(), pause * (0.5 + Math.random() / 2));
    }

    void begin();
    return () => {
      over = true;
      clearTimeout(timer);
      leave?.();
    };
  }, [address, log]);

  const slow = service.Carrier === null;
  useEffect(() => {
    if (!slow) return;
    const timer = setInterval(() => log.catchUp(), away ? askWhileToldMs : askEveryMs);
    return () => clearInterval(timer);
  }, [slow, away, log]);
  return service;
}
