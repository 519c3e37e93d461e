/** How long the database may take to say whether a decision that has ended by the clock was extended. */
const lastQuestionMs = 500;
/** Node's timers end at 2^31 ms. */
const longestTimerMs = 86_400_000;

type Kept = { timer: NodeJS.Timeout | undefined };

/**
 * Keeps a decision for `remainingMs` (null: it has no end of its own), in place of the one before. At its end `ask` is
 * called, which may keep another one, and `end` when none is kept half a second later: a question that hangs, this one or
 * one before it, puts off nothing. Whoever keeps none any more clears `kept.timer`.
 */
export function keepFor(
  kept: Kept,
  remainingMs: number | null,
  { ask, end }: { ask: () => void; end: () => void },
): void {
  clearTimeout(kept.timer);
  if (remainingMs === null) return;
  const left = Math.min(remainingMs, longestTimerMs);
  const onEnd = () => {
    if (left < remainingMs) return keepFor(kept, remainingMs - left, { ask, end });
    kept.timer = setTimeout(end, lastQuestionMs);
    ask();
  };
  // A little later than the end, so that the database's clock is past it when it is asked.
  kept.timer = setTimeout(onEnd, left + 10);
}
