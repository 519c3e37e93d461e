import { RateLimiterMemory } from "rate-limiter-flexible";
import { waitSecondsOf } from "#app/domain/people/limits.ts";

/**
 * How often one person may ask, whatever the answer is: far more than anybody does by hand. Each costs this process and
 * the chat service something, so it is counted here, in this process, and not in the database.
 */
const turns = {
  message: new RateLimiterMemory({ points: 20, duration: 10 }),
  reaction: new RateLimiterMemory({ points: 30, duration: 10 }),
  pass: new RateLimiterMemory({ points: 30, duration: 60 }),
};

export type TooFast = { ok: false; reason: "too_fast"; message: string; waitSeconds: number };

/** Takes one of a person's turns; undefined, or why not. */
export async function takeTurn(kind: keyof typeof turns, userId: string): Promise<TooFast | undefined> {
  try {
    await turns[kind].consume(userId);
    return undefined;
  } catch (refused) {
    const waitSeconds = waitSecondsOf(refused);
    return { ok: false, reason: "too_fast", message: "That is too fast. Please wait a moment.", waitSeconds };
  }
}
