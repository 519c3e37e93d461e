import { ticksBetween } from "./transport-stream.ts";

/**
 * Where segments stand in the exported file, in 90 kHz ticks from its start.
 *
 * The rule: within an attempt the recorder's own clock counts, so a missing segment stays a hole of its exact length.
 * Between two attempts, and where a clock starts anew or runs back, the segment stands as far from the start of the
 * recording as its programme time says, but never before the end of what is there; without a programme time it follows
 * directly. So does what follows on a cut, which is no hole: later attempts move up by it. In a hole the last picture
 * stands still and the sound is silent.
 */
export function createTimeline() {
  let end = 0;
  let previous: { attempt: string; endPts: number; firstPts: number } | undefined;
  let programmeZero: number | null = null;

  return {
    /**
     * Gives what to add to a segment's times, and whether its clock is another one than the one before's (a decoder
     * starts anew there).
     */
    place(segment: {
      attempt: string;
      firstPts: number;
      endPts: number;
      programTimeMs: number | null;
      afterCut?: boolean;
    }): {
      offset: number;
      startTicks: number;
      isNewClock: boolean;
      gapTicks: number;
    } {
      const { attempt, firstPts, endPts, programTimeMs, afterCut = false } = segment;
      const step =
        !afterCut && previous?.attempt === attempt ? ticksBetween(previous.endPts, firstPts) : undefined;
      const goesOn = step !== undefined && step > -TOLERANCE_TICKS && step < LONGEST_HOLE_TICKS;

      // Programme times from before the cut say nothing about what follows on it.
      if (afterCut) programmeZero = null;
      let startTicks = end;
      if (previous && goesOn) startTicks = end + step;
      else if (previous && programTimeMs !== null && programmeZero !== null) {
        const wanted = Math.round((programTimeMs - programmeZero) * 90);
        startTicks = Math.min(Math.max(end, wanted), end + LONGEST_HOLE_TICKS);
      }
      if (programmeZero === null && programTimeMs !== null) programmeZero = programTimeMs - startTicks / 90;

      const gapTicks = Math.max(0, startTicks - end);
      const isNewClock = previous !== undefined && !goesOn;
      end = startTicks + endPts - firstPts;
      previous = { attempt, firstPts, endPts };
      return { offset: startTicks - firstPts, startTicks, isNewClock, gapTicks };
    },
    get end() {
      return end;
    },
  };
}

/** The end of a segment is an estimate by a frame. */
const TOLERANCE_TICKS = 50 * 90;
/**
 * A sample's duration has 32 bits, 13 hours; a stream is planned for at most 24, and nobody wants to download more than
 * an hour of a picture standing still.
 */
const LONGEST_HOLE_TICKS = 3600 * 90_000;
