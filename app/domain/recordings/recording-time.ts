import type { Part } from "./parts.ts";

/** A piece of a recording as it plays: how long it is, and when it was recorded. */
export type TimedPiece = Pick<Part, "durationMs" | "programTime">;

/** Between the time of day and the time of a recording, which leaves out what was not recorded. */
export type RecordingClock = {
  durationMs: number;
  /**
   * Where in a recording (ms) stands what happened at `at`. What happened while nothing was recorded, in a gap or in
   * something that was cut out, stands at the next moment that there is; what came before it at its beginning, and what
   * came after it at its end.
   */
  timeOf(at: Date): number;
  /**
   * What happened until this instant stands at `ms` of the recording or before it. Null at its end, where everything does
   * that came after it, too.
   */
  dateOf(ms: number): Date | null;
};

type Span = { from: number; to: number; offset: number };

/** The clock of a recording: `pieces` are all that plays, in order, whatever an edit has left of it. */
export function recordingClock(pieces: readonly TimedPiece[]): RecordingClock {
  const spans = toSpans(pieces);
  const last = pieces.at(-1);
  const durationMs = last ? spans.at(-1)!.offset + last.durationMs : 0;
  return {
    durationMs,
    timeOf(at) {
      const time = at.getTime();
      const span = spans[firstIndex(spans, ({ to }) => to > time)];
      return span ? span.offset + Math.max(0, time - span.from) : durationMs;
    },
    dateOf(ms) {
      if (ms >= durationMs) return null;
      const span = spans[Math.max(0, firstIndex(spans, ({ offset }) => offset > ms) - 1)]!;
      return new Date(span.from + Math.max(0, ms - span.offset));
    },
  };
}

/** A piece without a time follows the one before it; those in front of the first that has one precede it. */
function toSpans(pieces: readonly TimedPiece[]): Span[] {
  const known = Math.max(
    0,
    pieces.findIndex(({ programTime }) => programTime !== null),
  );
  const before = pieces.slice(0, known).reduce((sum, { durationMs }) => sum + durationMs, 0);
  let next = (pieces[known]?.programTime?.getTime() ?? 0) - before;
  let end = -Infinity;
  let offset = 0;
  return pieces.map(({ durationMs, programTime }) => {
    const from = programTime?.getTime() ?? next;
    next = from + durationMs;
    // A clock that was set back meanwhile: what a piece before it has already told is not told again.
    end = Math.max(end, next);
    const span = { from, to: end, offset };
    offset += durationMs;
    return span;
  });
}

/** The first place from which on `is` holds; the length where it never does. */
function firstIndex(spans: readonly Span[], is: (span: Span) => boolean): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (is(spans[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
