import { type AudioFormat, type AudioUnits, frameTicks, readAudio } from "./aac.ts";
import { readVideo, type VideoFrame, type VideoUnits } from "./h264.ts";
import { type Announced, readTransportStream, refusal, type SegmentRefusal } from "./transport-stream.ts";

/** A segment taken apart. Times are 90 kHz ticks of the segment's own clock; frames stand in decoding order. */
export type Segment = {
  /** First instant shown: of the picture, or of the sound where there is no picture. */
  firstPts: number;
  /** Where the next segment should begin: the last frame's time and length, of the picture or else of the sound. */
  endPts: number;
  video: (VideoUnits & { frameTicks: number }) | null;
  audio: AudioUnits | null;
  announced: Announced;
};

export type SegmentFacts = {
  ok: true;
  firstPts: number;
  endPts: number;
  /** Whole 90 kHz ticks; `durationMs` is the same, not rounded. */
  durationTicks: number;
  durationMs: number;
  video: {
    codec: "h264";
    profile: number;
    level: number;
    width: number;
    height: number;
    frames: number;
    keyFrames: number;
    startsWithKeyFrame: true;
    hasBFrames: boolean;
    /** Equal for segments that one decoder set-up serves. */
    parametersHash: string;
    /** How often they change within the segment. */
    parameterChanges: number;
    firstPts: number;
    durationTicks: number;
  } | null;
  audio: (AudioFormat & { codec: "aac"; frames: number; firstPts: number; durationTicks: number }) | null;
  announced: Announced;
};

/** One frame at 30 a second, for a segment of a single picture that states no rate. */
const USUAL_FRAME_TICKS = 3000;

/**
 * Takes one HLS segment apart. A picture must begin with a key frame that brings its parameter sets, so that the
 * segment can be played on its own. Never throws: input that makes no sense at all is refused as `damaged`.
 */
export function readSegment(bytes: Uint8Array): ({ ok: true } & Segment) | SegmentRefusal {
  try {
    return takeApart(bytes);
  } catch (error) {
    return refusal("damaged", error instanceof Error ? error.message : "unreadable");
  }
}

function takeApart(bytes: Uint8Array): ({ ok: true } & Segment) | SegmentRefusal {
  const transport = readTransportStream(bytes);
  if (!transport.ok) return transport;
  const { h264, aac } = transport.streams;

  let audio: AudioUnits | null = null;
  if (aac) {
    const read = readAudio(aac);
    if (!read.ok) return read;
    audio = read;
  }
  let video: Segment["video"] = null;
  if (h264) {
    const read = readVideo(h264);
    if (!read.ok) return read;
    if (read.frames.length > 0) {
      if (!read.frames[0]!.key) return refusal("no_key_frame", "the first picture is not a key frame");
      if (!read.parameterSets.has(0))
        return refusal("no_key_frame", "the first picture brings no parameter sets");
      video = { ...read, frameTicks: usualFrameTicks(read) };
    }
  }
  if (!video && !audio) return refusal("no_media", "no pictures and no sound");

  const { firstPts, endPts } = video ? videoSpan(video) : audioSpan(audio!);
  return { ok: true, firstPts, endPts, video, audio, announced: transport.announced };
}

/**
 * What the worker writes down about a segment that it read back from storage: exact times and durations in 90 kHz
 * ticks, codecs, whether it begins with a key frame; or why it is none. Costs about 2 ms of CPU a megabyte.
 */
export function inspectSegment(bytes: Uint8Array): SegmentFacts | SegmentRefusal {
  const segment = readSegment(bytes);
  return segment.ok ? factsOf(segment) : segment;
}

/** The same of one that was taken apart already. */
export function factsOf({ firstPts, endPts, video, audio, announced }: Segment): SegmentFacts {
  const durationTicks = endPts - firstPts;
  return {
    ok: true,
    firstPts,
    endPts,
    durationTicks,
    durationMs: durationTicks / 90,
    video: video && videoFacts(video),
    audio: audio && {
      codec: "aac",
      ...audio.format,
      frames: audio.frames.length,
      firstPts: Math.round(audio.frames[0]!.pts),
      durationTicks: audioSpan(audio).endPts - Math.round(audio.frames[0]!.pts),
    },
    announced,
  };
}

function videoFacts(video: NonNullable<Segment["video"]>): SegmentFacts["video"] {
  const { hash, parameters } = video.parameterSets.get(0)!;
  const { firstPts, endPts } = videoSpan(video);
  return {
    codec: "h264",
    profile: parameters.profile,
    level: parameters.level,
    width: parameters.width,
    height: parameters.height,
    frames: video.frames.length,
    keyFrames: video.frames.filter((frame) => frame.key).length,
    startsWithKeyFrame: true,
    hasBFrames: video.frames.some((frame, index) => index > 0 && frame.pts < video.frames[index - 1]!.pts),
    parametersHash: hash,
    parameterChanges: video.parameterSets.size - 1,
    firstPts,
    durationTicks: endPts - firstPts,
  };
}

function videoSpan({ frames, frameTicks }: { frames: VideoFrame[]; frameTicks: number }) {
  let [firstPts, lastPts] = [Infinity, -Infinity];
  for (const { pts } of frames) {
    firstPts = Math.min(firstPts, pts);
    lastPts = Math.max(lastPts, pts);
  }
  return { firstPts, endPts: lastPts + frameTicks };
}

function audioSpan({ frames, format }: AudioUnits) {
  return {
    firstPts: Math.round(frames[0]!.pts),
    endPts: Math.round(frames.at(-1)!.pts + frameTicks(format)),
  };
}

/**
 * How long the last picture stands, which only the next segment would tell: as long as the middle one of all. Egress
 * rounds times down to a tick, so where all steps are alike their mean is the better figure.
 */
function usualFrameTicks({ frames, parameterSets }: VideoUnits): number {
  if (frames.length === 1) return parameterSets.get(0)?.parameters.frameTicks ?? USUAL_FRAME_TICKS;
  const times = frames.map((frame) => frame.pts).sort((a, b) => a - b);
  const steps = times.slice(1).map((pts, index) => pts - times[index]!);
  const middle = steps.sort((a, b) => a - b)[steps.length >> 1]!;
  const mean = Math.round((times.at(-1)! - times[0]!) / steps.length);
  return Math.max(1, Math.abs(mean - middle) <= 2 ? mean : middle);
}
