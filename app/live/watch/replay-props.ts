/** What the replay's player is given; see `findReplay`. `startMs` is where it begins: what the address asks for, or `positionMs`. */
export type ReplayProps = {
  streamId: string;
  recordingId: string;
  edit: number;
  title: string;
  durationMs: number;
  positionMs: number;
  startMs: number;
  hasMp4: boolean;
  mp4Progress: number | null;
  hasPoster: boolean;
  chapters: { atMs: number; title: string }[];
  /** Those that there are, by the names of their languages. */
  captions: { language: string; name: string }[];
  gaps: { atMs: number; ms: number }[];
};
