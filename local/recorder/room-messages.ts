import type { SegmentOutput } from "./output.ts";

/** What the recorder tells the process of one recording. */
export type ToRoom =
  | {
      kind: "start";
      egressId: string;
      roomId: string;
      roomName: string;
      /** The time that egress's own process began, which the manifest repeats. */
      startedAt: string;
      livekitUrl: string;
      token: string;
      framesPerSecond: number;
      output: SegmentOutput;
    }
  | { kind: "stop"; reason: StopReason };

export type StopReason =
  "StopEgress API" | "Source closed" | "Service terminated" | "Session limit reached" | "Failure";

/** What it hears back. Times are nanoseconds since 1970, as strings. */
export type FromRoom =
  | { kind: "active"; at: string }
  | { kind: "stored"; segments: number; bytes: number }
  /** Before `active`: there is no recording. */
  | { kind: "aborted"; reason: StopReason }
  | { kind: "ending"; reason: StopReason; at: string }
  | { kind: "complete"; at: string; manifest: boolean }
  | { kind: "failed"; at: string; error: string; code: number };
