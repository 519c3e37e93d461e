import { ticksBetween } from "./transport-stream.ts";

/** What of a segment tells whether it belongs where it lies. Times are 90 kHz ticks on the 33-bit clock. */
export type ClockPiece = {
  number: number;
  firstPts: number;
  durationTicks: number;
  /** It was found to belong there before, and was told to players: only the others are in question. */
  firm?: boolean;
  /** The same bytes lie in another place, too: it has to join those beside it to the tick. */
  twin?: boolean;
};

/** The length of a last frame is an estimate, and times are rounded to a tick. */
const toleranceTicks = 60 * 90;
/** Recorders with a steady rate of frames join their segments to the tick. */
const exactTicks = 2 * 90;
/** A hole of more than this is more likely another clock. */
const longestGapTicks = 3600 * 90_000;
/** How many segments in a row may be taken for strays. */
const reach = 8;

const newClock = 1.5;
const smallOdds = 0.9;
const firmWeight = 1000;

/**
 * Which segments of one attempt, in order of their numbers, do not belong there, by their index: their clock goes on
 * neither from what lies before them nor to what comes after. One that leaps or goes back is not believed by itself; a
 * second one that goes on from it shows that the recorder began a new clock, which is no fault of the segments. What is
 * chosen is the reading in which the fewest are wrong.
 *
 * `over`: no more segments come. Until then one after an unexplained hole is in doubt, since it may be another's.
 */
export function findStrays(pieces: readonly ClockPiece[], { over }: { over: boolean }): Set<number> {
  const longest = pieces.reduce((most, { durationTicks }) => Math.max(most, durationTicks), 0);
  const best: number[] = [];
  const before: number[] = [];
  for (const [index, piece] of pieces.entries()) {
    let [score, from] = [0, -1];
    for (let earlier = index - 1; earlier >= Math.max(0, index - 1 - reach); earlier--) {
      const reached = best[earlier]! - oddsOf(pieces[earlier]!, piece, { longest, over });
      if (reached > score) [score, from] = [reached, earlier];
    }
    best.push(score + (piece.firm ? firmWeight : 1));
    before.push(from);
  }
  const strays = new Set(pieces.keys());
  let last = best.reduce((most, score, index) => (score > (best[most] ?? 0) ? index : most), -1);
  for (; last >= 0; last = before[last]!) strays.delete(last);
  return strays;
}

/** How much speaks against `next` being recorded after `previous` by the same recorder; 0: nothing does. */
function oddsOf(
  previous: ClockPiece,
  next: ClockPiece,
  { longest, over }: { longest: number; over: boolean },
): number {
  const step = ticksBetween(previous.firstPts + previous.durationTicks, next.firstPts);
  const missing = next.number - previous.number - 1;
  if (Math.abs(step) <= toleranceTicks) {
    const isExact = Math.abs(step) <= exactTicks;
    return (previous.twin || next.twin) && missing === 0 && !isExact ? newClock : 0;
  }
  if (step > 0) {
    if (step <= missing * longest * 1.5 + toleranceTicks) return 0;
    return step <= longestGapTicks && over && !next.twin ? smallOdds : newClock;
  }
  return -step < next.durationTicks / 2 && !next.twin ? smallOdds : newClock;
}
