import type { RecordingAttemptStatus, RecordingStatus } from "#db/types.ts";

/** The allowed moves of a recording. */
export const recordingMoves = {
  record: { from: ["starting"], to: "recording" },
  stop: { from: ["starting", "recording"], to: "stopping" },
  finalize: { from: ["stopping"], to: "finalizing" },
  ready: { from: ["finalizing"], to: "ready" },
  /** What was left out of it is to be had again. */
  reopen: { from: ["ready", "failed"], to: "finalizing" },
  fail: { from: ["starting", "recording", "stopping", "finalizing"], to: "failed" },
} as const satisfies Record<string, { from: readonly RecordingStatus[]; to: RecordingStatus }>;

/** How far along an attempt is: a late announcement never takes it back to a lower rank. */
export const attemptRank: Record<RecordingAttemptStatus, number> = {
  requested: 0,
  starting: 1,
  active: 2,
  ending: 3,
  complete: 4,
  failed: 4,
  aborted: 4,
};
