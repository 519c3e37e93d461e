/** What the replay's player is given; see `findReplay`. */
export type ReplayProps = {
  streamId: string;
  recordingId: string;
  title: string;
  durationMs: number;
  positionMs: number;
  hasMp4: boolean;
  hasPoster: boolean;
  gaps: { atMs: number; ms: number }[];
};
