import { type ElementaryStream, refusal, type SegmentRefusal } from "./transport-stream.ts";

/** Samples a channel in each frame of AAC. */
export const FRAME_SAMPLES = 1024;

const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

export type AudioFormat = {
  /** MPEG-4 audio object type: 2 is AAC-LC. */
  objectType: number;
  sampleRate: number;
  channels: number;
};

/** One frame; its raw AAC (without the ADTS header) is `bytes[start … end)`. Times in 90 kHz ticks, not rounded. */
export type AudioFrame = { pts: number; start: number; end: number };

export type AudioUnits = { bytes: Uint8Array; format: AudioFormat; frames: AudioFrame[] };

/** 90 kHz ticks that one frame lasts. Not a whole number at 44.1 kHz. */
export const frameTicks = (format: AudioFormat) => (FRAME_SAMPLES * 90_000) / format.sampleRate;

/** Splits ADTS (ISO/IEC 14496-3, 1.A.2) into raw frames; a frame without a time of its own follows the one before. */
export function readAudio(stream: ElementaryStream): ({ ok: true } & AudioUnits) | SegmentRefusal {
  const { bytes, marks } = stream;
  const frames: AudioFrame[] = [];
  let format: AudioFormat | undefined;
  let mark = 0;
  let pts = marks[0]!.pts;
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 7) return refusal("truncated", "ends in the header of a sound frame");
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0)
      return refusal("damaged", "sound frames out of step");
    const header = (bytes[at + 1]! & 1) !== 0 ? 7 : 9;
    const found = {
      objectType: (bytes[at + 2]! >> 6) + 1,
      sampleRate: RATES[(bytes[at + 2]! >> 2) & 0x0f],
      channels: ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6),
    };
    const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
    if (length <= header) return refusal("damaged", "a sound frame without content");
    if (at + length > bytes.length) return refusal("truncated", "ends in a sound frame");
    if (found.sampleRate === undefined) return refusal("damaged", "a sound frame without a rate");
    // 0 would mean that the channels are described inside the frame.
    if (found.channels === 0) return refusal("unsupported", "channels described in the frame");
    if ((bytes[at + 6]! & 3) !== 0) return refusal("unsupported", "several blocks in a sound frame");
    format ??= {
      ...found,
      sampleRate: found.sampleRate,
      channels: found.channels === 7 ? 8 : found.channels,
    };
    if (format.sampleRate !== found.sampleRate)
      return refusal("unsupported", "the sound's rate changes in a segment");

    while (mark < marks.length && marks[mark]!.offset <= at) pts = marks[mark++]!.pts;
    frames.push({ pts, start: at + header, end: at + length });
    pts += frameTicks(format);
    at += length;
  }
  return format ? { ok: true, bytes, format, frames } : refusal("no_media", "no sound frames");
}

/**
 * A frame of silence for one or two channels of AAC-LC at any rate (the ones hls.js fills gaps with,
 * https://github.com/video-dev/hls.js/blob/master/src/remux/aac-helper.ts), undefined for other formats.
 */
export function silentFrame(format: AudioFormat): Uint8Array | undefined {
  if (format.objectType !== 2) return undefined;
  if (format.channels === 1) return Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80);
  if (format.channels === 2) return Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80);
  return undefined;
}

/** The AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) that an MP4 has in place of the ADTS headers. */
export function audioSpecificConfig({ objectType, sampleRate, channels }: AudioFormat): Uint8Array {
  const bits = (objectType << 11) | (RATES.indexOf(sampleRate) << 7) | ((channels === 8 ? 7 : channels) << 3);
  return Uint8Array.of(bits >> 8, bits & 0xff);
}
