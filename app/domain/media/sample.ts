import { keyFrameOf } from "./poster.ts";
import type { Segment } from "./segment.ts";

/** What of a segment is looked at and listened to: its first picture and its sound (AAC in ADTS). */
export type Sample = { number: number; keyFrame: Uint8Array | null; sound: Uint8Array | null };

/** Copies, so that the segment itself can go. */
export const sampleOf = (number: number, { video, audio }: Segment): Sample => ({
  number,
  keyFrame: video && keyFrameOf(video),
  sound: audio && audio.bytes.slice(),
});

/** A dark room is a picture; black is none. Of 255. */
const blackBrightness = 16;
/** White words on black are something to be seen, too. */
const blackContrast = 8;
/** -60 dB below the loudest: what a room without anybody in it has, and less than any voice. */
const silentLoudness = 0.001;

/** Whether there is nothing to be seen in a picture. */
export const isBlack = ({ brightness, contrast }: { brightness: number; contrast: number }): boolean =>
  brightness < blackBrightness && contrast < blackContrast;

/** Whether there is nothing to be heard. */
export const isSilent = (loudness: number): boolean => loudness < silentLoudness;
