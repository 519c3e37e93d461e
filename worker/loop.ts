import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "#app/context.ts";

type Loop = {
  /** One look; gives how long to wait until the next one, ms. */
  look: (signal: AbortSignal) => Promise<number>;
  /** After one that failed, ms. */
  tryAgainMs: number;
  /** What the log says of it. */
  failure: string;
  /** Waits; it does not reject when `signal` ends it. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** Looks again and again until `stop`, which resolves when what has begun is done. */
export function startLoop(
  { log }: Pick<Services, "log">,
  { look, tryAgainMs, failure, pause = pauseFor }: Loop,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  let failing = false;

  async function run() {
    while (!signal.aborted) {
      let ms = tryAgainMs;
      try {
        ms = await look(signal);
        failing = false;
      } catch (error) {
        // Once, not every second for as long as the database is away.
        if (!failing) log.error({ err: error }, failure);
        failing = true;
      }
      await pause(ms, signal);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {});
