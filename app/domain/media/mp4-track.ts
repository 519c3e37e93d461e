import { createColumn, createRuns } from "./mp4-columns.ts";

/** The tables of one track while it grows. Times are in the track's own `timescale` (units a second). */
export type Mp4Track = ReturnType<typeof createTrack>;

/** How the media of a track stands on the common timeline, in 90 kHz ticks; an edit list says it (8.6.6). */
export type Mp4Edit = {
  /** Nothing is shown for so long at first. */
  emptyTicks: number;
  /** Where in the media presentation begins, in the track's timescale. */
  mediaTime: number;
  durationTicks: number;
};

export function createTrack(timescale: number) {
  const sizes = createColumn();
  const durations = createRuns();
  const compositions = createRuns();
  const syncSamples = createColumn();
  // File offsets pass 2^32, so two columns.
  const chunkOffsetsHigh = createColumn();
  const chunkOffsetsLow = createColumn();
  const chunkRuns = { firstChunks: createColumn(), samples: createColumn(), entries: createColumn() };
  let chunkSamples = 0;
  let chunkEntry = 0;
  let lastRun = { samples: 0, entry: 0 };
  let mediaDuration = 0;
  let isReordered = false;
  let hasNegativeComposition = false;

  return {
    timescale,
    sizes,
    durations,
    compositions,
    syncSamples,
    chunkOffsetsHigh,
    chunkOffsetsLow,
    chunkRuns,

    /** Begins a chunk at a file offset; `entry` is the sample entry (from 1) of all its samples. */
    beginChunk(offset: number, entry: number): void {
      this.endChunk();
      chunkOffsetsHigh.push(Math.floor(offset / 2 ** 32));
      chunkOffsetsLow.push(offset % 2 ** 32);
      chunkEntry = entry;
    },

    endChunk(): void {
      if (chunkSamples === 0) return;
      if (lastRun.samples !== chunkSamples || lastRun.entry !== chunkEntry) {
        chunkRuns.firstChunks.push(chunkOffsetsLow.length);
        chunkRuns.samples.push(chunkSamples);
        chunkRuns.entries.push(chunkEntry);
        lastRun = { samples: chunkSamples, entry: chunkEntry };
      }
      chunkSamples = 0;
    },

    addSample(size: number): void {
      sizes.push(size);
      chunkSamples++;
    },

    /** How long the next sample without a duration stands, in decoding time. */
    addDuration(duration: number): void {
      durations.push(duration);
      mediaDuration += duration;
    },

    /** How much later than decoded a sample is shown. */
    addComposition(offset: number): void {
      if (offset !== 0) isReordered = true;
      if (offset < 0) hasNegativeComposition = true;
      compositions.push(offset >>> 0);
    },

    addSyncSample(): void {
      syncSamples.push(sizes.length);
    },

    close(): void {
      this.endChunk();
      durations.close();
      compositions.close();
    },

    get mediaDuration() {
      return mediaDuration;
    },
    get isReordered() {
      return isReordered;
    },
    get hasNegativeComposition() {
      return hasNegativeComposition;
    },
  };
}

/** An upper bound of what the tables of a track take in the file. */
export function tableBytes(track: Mp4Track): number {
  return (
    1024 +
    4 * (track.sizes.length + track.syncSamples.length) +
    8 * (track.durations.counts.length + track.compositions.counts.length + track.chunkOffsetsLow.length) +
    12 * track.chunkRuns.samples.length
  );
}
