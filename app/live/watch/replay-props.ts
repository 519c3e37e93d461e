/** What the replay's player is given; see `findReplay`. `startMs` is where it begins: what the address asks for, or `positionMs`. */
export type ReplayProps = {
  streamId: string;
  recordingId: string;
  title: string;
  durationMs: number;
  positionMs: number;
  startMs: number;
  hasMp4: boolean;
  hasPoster: boolean;
  /** Those that there are, by the names of their languages. */
  captions: { language: string; name: string }[];
  gaps: { atMs: number; ms: number }[];
};
