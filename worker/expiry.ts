import type { Services } from "#app/context.ts";
import { expireGrants, findNextEnd } from "#app/domain/grants/expiry.ts";
import { startLoop } from "./loop.ts";

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
  return startLoop(
    { log },
    {
      async look() {
        const next = await findNextEnd(db);
        // One that another worker holds at this moment is looked for again after a breath.
        if (next === 0) return (await expireGrants(db, queue)) > 0 ? 0 : 50;
        return next === undefined ? lookAgainMs : Math.min(lookAgainMs, Math.ceil(next) + 1);
      },
      tryAgainMs,
      failure: "the timer of grants failed",
    },
  );
}
