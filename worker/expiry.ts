import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "#app/context.ts";
import { expireGrants, findNextEnd } from "#app/domain/grants/expiry.ts";

/** A grant that was given or shortened meanwhile can be the next one to end: the timer looks again at least so often. */
const lookAgainMs = 500;
const tryAgainMs = 1_000;

/**
 * Keeps a timer on the next grant that ends, and marks and enforces those whose instant has come, until `stop`, which
 * resolves when what has begun is done. Any number of workers do it side by side.
 */
export function startExpiry({ db, queue, log }: Pick<Services, "db" | "queue" | "log">): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const { signal } = stopping;
  let failing = false;

  async function run() {
    while (!signal.aborted) {
      let pause = lookAgainMs;
      try {
        const next = await findNextEnd(db);
        // One that another worker holds at this moment is looked for again after a breath.
        if (next === 0) pause = (await expireGrants(db, queue)) > 0 ? 0 : 50;
        else if (next !== undefined) pause = Math.min(lookAgainMs, Math.ceil(next) + 1);
        failing = false;
      } catch (error) {
        if (!failing) log.error({ err: error }, "the timer of grants failed");
        failing = true;
        pause = tryAgainMs;
      }
      await sleep(pause, undefined, { signal }).catch(() => {});
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
