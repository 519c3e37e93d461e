import type { SegmentFacts } from "./segment.ts";
import { ticksBetween } from "./transport-stream.ts";

export type Continuity = {
  /**
   * `continuous`: the clock goes on. `gap`: it goes on, and `ms` are missing. `overlap`: the next begins `ms` before
   * the end of the one before. `clock_reset`: the two clocks have nothing to do with each other (`ms` is 0).
   */
  time: "continuous" | "gap" | "overlap" | "clock_reset";
  ms: number;
  /** Other codecs, another size or other parameter sets: a player needs a new decoder set-up. */
  parametersChanged: boolean;
  /** Whether a playlist has to say EXT-X-DISCONTINUITY between the two (RFC 8216, 4.3.2.3). */
  discontinuous: boolean;
};

type Side = Pick<SegmentFacts, "firstPts" | "endPts" | "video" | "audio">;

/** A missing segment is a gap; a hole of more than this is more likely another clock. */
const LONGEST_GAP_TICKS = 3600 * 90_000;
/** The length of a segment's last frame is an estimate, and times are rounded to a tick. */
const LEAST_TOLERANCE_TICKS = 20 * 90;

/** How `next` follows `previous`, both of one attempt; segments of two attempts are always discontinuous. */
export function continuityBetween(previous: Side, next: Side): Continuity {
  const step = ticksBetween(previous.endPts, next.firstPts);
  const frame = previous.video ? previous.video.durationTicks / previous.video.frames : 0;
  const tolerance = Math.max(LEAST_TOLERANCE_TICKS, frame * 0.75);
  const parametersChanged = Boolean(
    picturesDiffer(previous.video, next.video) || soundsDiffer(previous.audio, next.audio),
  );

  let time: Continuity["time"] = "continuous";
  if (step > LONGEST_GAP_TICKS || step <= previous.firstPts - previous.endPts) time = "clock_reset";
  else if (step > tolerance) time = "gap";
  else if (step < -tolerance) time = "overlap";
  return {
    time,
    ms: time === "gap" || time === "overlap" ? Math.abs(step) / 90 : 0,
    parametersChanged,
    discontinuous: time !== "continuous" || parametersChanged,
  };
}

// Egress leaves whole segments without sound when its source pauses; the track is the same one afterwards.
const picturesDiffer = (a: Side["video"], b: Side["video"]) =>
  a && b && a.parametersHash !== b.parametersHash;
const soundsDiffer = (a: Side["audio"], b: Side["audio"]) =>
  a && b && (a.objectType !== b.objectType || a.sampleRate !== b.sampleRate || a.channels !== b.channels);
