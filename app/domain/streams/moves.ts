import type { StreamStatus } from "#db/types.ts";

/** The allowed moves of a stream. Each one is made by exactly one guarded statement. */
export const streamMoves = {
  rehearse: { from: ["scheduled"], to: "rehearsal" },
  stopRehearsal: { from: ["rehearsal"], to: "scheduled" },
  goLive: { from: ["scheduled", "rehearsal"], to: "live" },
  end: { from: ["live"], to: "ended" },
  cancel: { from: ["scheduled", "rehearsal"], to: "cancelled" },
} as const satisfies Record<string, { from: readonly StreamStatus[]; to: StreamStatus }>;
