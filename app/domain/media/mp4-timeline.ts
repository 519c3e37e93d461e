import { ticksBetween } from "./transport-stream.ts";

/** The length of a last frame is an estimate, and times are rounded to a tick: so far apart, a clock still goes on. */
export const toleranceTicks = 60 * 90;

/**
 * Where segments stand in the exported file, in 90 kHz ticks from its start: where they play in the replay, too. One whose
 * clock goes on from the one before stands as far from it as that says. Any other (of another attempt, on a clock that
 * begins anew, behind something that is missing or was cut out) follows directly. So what is missing counts in neither, and
 * the times of chapters, captions and chat, and the addresses of moments, are those of the file as well.
 */
export function createTimeline() {
  let end = 0;
  let previous: { attempt: string; endPts: number } | undefined;

  return {
    /**
     * Gives what to add to a segment's times, and whether its clock is another one than the one before's (a decoder
     * starts anew there).
     */
    place(segment: { attempt: string; firstPts: number; endPts: number }): {
      offset: number;
      isNewClock: boolean;
    } {
      const { attempt, firstPts, endPts } = segment;
      const step = previous?.attempt === attempt ? ticksBetween(previous.endPts, firstPts) : undefined;
      const goesOn = step !== undefined && Math.abs(step) <= toleranceTicks;
      const isNewClock = previous !== undefined && !goesOn;
      const start = goesOn ? end + step : end;
      end = start + endPts - firstPts;
      previous = { attempt, endPts };
      return { offset: start - firstPts, isNewClock };
    },
    get end() {
      return end;
    },
  };
}
