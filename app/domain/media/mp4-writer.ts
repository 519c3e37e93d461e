import type { AudioFormat } from "./aac.ts";
import { createAudioAppender } from "./mp4-audio.ts";
import {
  createBoxWriter,
  FTYP_BYTES,
  MDAT_HEADER_BYTES,
  writeFree,
  writeFtyp,
  writeMdatHeader,
} from "./mp4-boxes.ts";
import { type Movie, movieBox } from "./mp4-movie.ts";
import { createPartWriter, type PartSink, type PartWriter } from "./mp4-parts.ts";
import { createTimeline } from "./mp4-timeline.ts";
import { createVideoAppender } from "./mp4-video.ts";
import { readSegment } from "./segment.ts";

export type { PartSink } from "./mp4-parts.ts";

export type ExportSegment = {
  bytes: Uint8Array;
  /** Segments of one attempt are on one clock. */
  attempt: string;
};

export type Mp4Plan = { partSize: number; headParts: number };

export type Mp4Summary = {
  bytes: number;
  parts: number;
  durationMs: number;
  /** `tail` when the tables did not fit into the parts kept free for them: right, but it starts later in a player. */
  tables: "head" | "tail";
  video: { frames: number; keyFrames: number; width: number; height: number; entries: number } | null;
  audio:
    (AudioFormat & { frames: number; silentFrames: number; droppedFrames: number; entries: number }) | null;
};

const MiB = 1024 * 1024;
/** S3 takes 10,000 parts of at least 5 MiB; with larger ones there are fewer requests to wait for. */
const LEAST_PART = 5 * MiB;
const USUAL_PART = 8 * MiB;
const MOST_PARTS = 9000;
/**
 * What the tables take: 30 pictures a second of at most 20 bytes (size, duration, composition), 47 frames of sound of
 * 4 bytes, and the chunks are 820 bytes.
 */
const TABLE_BYTES_A_SECOND = 1024;

/**
 * How large the parts are, and how many are kept free at the front for the tables, from the sums of verified segments.
 */
export function planMp4({ durationMs, bytes }: { durationMs: number; bytes: number }): Mp4Plan {
  const needed = Math.ceil(bytes / MOST_PARTS / MiB) * MiB;
  const partSize = Math.max(bytes > 256 * MiB ? USUAL_PART : LEAST_PART, needed);
  const tables = 64 * 1024 + (durationMs / 1000) * TABLE_BYTES_A_SECOND;
  return { partSize, headParts: Math.ceil(tables / partSize) };
}

/**
 * Writes one MP4 (H.264 and AAC, nothing re-encoded) from the segments of a recording, in order. The media goes out as
 * equal parts while segments come in; the head (`ftyp`, `moov`, padding) has parts 1 … `headParts` and goes last, when
 * the tables are known. Media that fits into one part makes a file of one part without padding. Memory is the tables
 * (about 1 KB a second) and a few parts, however long the recording is.
 *
 * Where attempts and missing sound are placed: see mp4-timeline.ts and mp4-audio.ts.
 *
 * Rejects with the sink's or the iterable's error, with `signal`'s reason, and when a segment cannot be read: segments
 * are verified before, so that is a fault of storage.
 */
export async function writeMp4({
  segments,
  plan: { partSize, headParts },
  sink,
  signal,
  inFlight = 3,
}: {
  segments: AsyncIterable<ExportSegment> | Iterable<ExportSegment>;
  plan: Mp4Plan;
  sink: PartSink;
  signal?: AbortSignal;
  /** Parts under way at once. */
  inFlight?: number;
}): Promise<Mp4Summary> {
  const headBytes = partSize * headParts;
  const parts = createPartWriter({ sink, partSize, firstPart: headParts + 1, inFlight });
  try {
    const written = await writeMedia(segments, parts, headBytes, signal);
    const end = await writeHead(written.movie, parts, { sink, partSize, headParts });
    return { ...written.summary, ...end };
  } catch (error) {
    await parts.abandon();
    throw error;
  }
}

async function writeMedia(
  segments: AsyncIterable<ExportSegment> | Iterable<ExportSegment>,
  parts: PartWriter,
  headBytes: number,
  signal?: AbortSignal,
) {
  const timeline = createTimeline();
  const video = createVideoAppender(parts, headBytes);
  const audio = createAudioAppender(parts, headBytes);
  let count = 0;
  for await (const { bytes, attempt } of segments) {
    signal?.throwIfAborted();
    const segment = readSegment(bytes);
    if (!segment.ok)
      throw new Error(`segment ${count} of the export is ${segment.reason}: ${segment.detail}`);
    const { firstPts, endPts } = segment;
    const { offset, isNewClock } = timeline.place({ attempt, firstPts, endPts });
    if (segment.audio) audio.append(segment.audio, offset, isNewClock);
    else audio.appendNothing(endPts + offset);
    if (segment.video) video.append(segment.video, offset);
    await parts.drain();
    count++;
  }

  const videoEdit = video.finish(timeline.end);
  const audioEnd = audio.finish(timeline.end);
  const pictures = videoEdit && { track: video.track, entries: video.entries, edit: videoEdit };
  const sound = audioEnd && { ...audioEnd, entries: audio.entries };
  if (!pictures && !sound) throw new Error("an export without segments");
  const ends = [pictures, sound].map((each) => (each ? each.edit.emptyTicks + each.edit.durationTicks : 0));
  const durationTicks = Math.max(...ends);
  const movie: Movie = { durationTicks, video: pictures, audio: sound, fileBytes: headBytes + parts.written };

  return {
    movie,
    summary: {
      durationMs: durationTicks / 90,
      video: pictures && {
        frames: video.track.sizes.length,
        keyFrames: video.track.syncSamples.length,
        width: video.entries[0]!.parameters.width,
        height: video.entries[0]!.parameters.height,
        entries: video.entries.length,
      },
      audio: sound && {
        ...audio.entries[0]!,
        frames: sound.track.sizes.length,
        silentFrames: audio.silentFrames,
        droppedFrames: audio.droppedFrames,
        entries: audio.entries.length,
      },
    },
  };
}

async function writeHead(
  movie: Movie,
  parts: PartWriter,
  { sink, partSize, headParts }: { sink: PartSink } & Mp4Plan,
): Promise<{ bytes: number; parts: number; tables: "head" | "tail" }> {
  const mediaBytes = parts.written;
  const headBytes = partSize * headParts;
  const moov = movieBox(movie, 0);

  if (parts.isWhole) {
    const length = FTYP_BYTES + moov.length + MDAT_HEADER_BYTES;
    const whole = new Uint8Array(length + mediaBytes);
    const head = createBoxWriter(whole);
    writeFtyp(head);
    head.put(movieBox(movie, length - headBytes));
    writeMdatHeader(head, MDAT_HEADER_BYTES + mediaBytes);
    head.put(parts.rest);
    await sink.writePart(1, whole);
    return { bytes: whole.length, parts: 1, tables: "head" };
  }

  const room = headBytes - FTYP_BYTES - MDAT_HEADER_BYTES - moov.length;
  // Padding is a box of its own, of 8 bytes at least.
  const fits = room === 0 || room >= 8;
  if (!fits) parts.append(moov, 0, moov.length);
  await parts.finish();

  const head = createBoxWriter(new Uint8Array(headBytes));
  writeFtyp(head);
  if (fits) head.put(moov);
  const padding = headBytes - MDAT_HEADER_BYTES - head.length;
  if (padding > 0) writeFree(head, padding);
  writeMdatHeader(head, MDAT_HEADER_BYTES + mediaBytes);
  for (let part = 1; part <= headParts; part++) {
    await sink.writePart(part, head.written.subarray((part - 1) * partSize, part * partSize));
  }
  return { bytes: headBytes + parts.written, parts: parts.parts, tables: fits ? "head" : "tail" };
}
