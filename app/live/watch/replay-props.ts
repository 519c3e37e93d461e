/** What the replay's player is given; see `findReplay`. */
export type ReplayProps = {
  streamId: string;
  recordingId: string;
  edit: number;
  title: string;
  durationMs: number;
  positionMs: number;
  hasMp4: boolean;
  hasPoster: boolean;
  chapters: { atMs: number; title: string }[];
  gaps: { atMs: number; ms: number }[];
};
