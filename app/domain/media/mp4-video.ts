import { isPadding, type ParameterSets, type VideoFrame } from "./h264.ts";
import type { PartWriter } from "./mp4-parts.ts";
import { createTrack, type Mp4Edit } from "./mp4-track.ts";
import type { Segment } from "./segment.ts";

/** Decoding and composition times stay in the transport stream's own unit: nothing is rounded. */
const TIMESCALE = 90_000;

/** Appends the pictures of segment after segment to one track of AVC samples. */
export function createVideoAppender(parts: PartWriter, mediaOffset: number) {
  const track = createTrack(TIMESCALE);
  const entries: ParameterSets[] = [];
  let entry = 0;
  let firstDts: number | undefined;
  let lastDts = 0;
  let firstPts = Infinity;
  let lastPts = -Infinity;
  let lastFrameTicks = 0;
  let chunkEntry = 0;
  const length = new Uint8Array(4);

  function enter(sets: ParameterSets): void {
    entry = 1 + entries.findIndex((known) => known.hash === sets.hash);
    if (entry === 0) entry = entries.push(sets);
  }

  function addFrame(video: NonNullable<Segment["video"]>, frame: VideoFrame, offset: number): void {
    let dts = frame.dts + offset;
    const pts = frame.pts + offset;
    if (firstDts === undefined) firstDts = dts;
    else {
      // Where an attempt follows directly on one that reorders less, its first pictures would be decoded before the
      // last ones of the other. Decoding times may be squeezed; the instants at which pictures are shown stay.
      dts = Math.max(dts, lastDts + 1);
      track.addDuration(dts - lastDts);
    }
    lastDts = dts;
    firstPts = Math.min(firstPts, pts);
    lastPts = Math.max(lastPts, pts);
    track.addComposition(pts - dts);

    let size = 0;
    for (let nal = frame.nalFrom; nal < frame.nalTo; nal++) {
      const start = video.nalStarts[nal]!;
      const end = video.nalEnds[nal]!;
      if (isPadding(video.bytes, start)) continue;
      const bytes = end - start;
      length[0] = bytes >>> 24;
      length[1] = bytes >>> 16;
      length[2] = bytes >>> 8;
      length[3] = bytes;
      parts.append(length, 0, 4);
      parts.append(video.bytes, start, end);
      size += 4 + bytes;
    }
    track.addSample(size);
    if (frame.key) track.addSyncSample();
  }

  return {
    track,
    entries,

    /** `offset` takes the segment's clock to the file's. */
    append(video: NonNullable<Segment["video"]>, offset: number): void {
      chunkEntry = 0;
      for (const [index, frame] of video.frames.entries()) {
        const sets = video.parameterSets.get(index);
        if (sets) enter(sets);
        if (chunkEntry !== entry) track.beginChunk(mediaOffset + parts.written, entry);
        chunkEntry = entry;
        addFrame(video, frame, offset);
      }
      lastFrameTicks = video.frameTicks;
    },

    /** Ends the track: the last picture stands to `endTicks` where that is later than its own end. */
    finish(endTicks: number): Mp4Edit | null {
      if (firstDts === undefined) return null;
      const end = Math.max(lastPts + lastFrameTicks, endTicks);
      track.addDuration(Math.max(1, end - lastDts));
      track.close();
      return { emptyTicks: firstPts, mediaTime: firstPts - firstDts, durationTicks: end - firstPts };
    },
  };
}
