import type { Jpeg, MediaService, Picture } from "#app/services/media.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { type Segment, readSegment } from "./segment.ts";

/** The sizes that pages use; a smaller recording gives smaller pictures. */
const SIZES = [
  { width: 1280, height: 720 },
  { width: 640, height: 360 },
  { width: 320, height: 180 },
] as const;

/** Below this a picture is one colour for the eye: black before the first frame, a slate, a covered camera. */
const LEAST_CONTRAST = 12;
/** A dark room is a picture; black is none. */
const LEAST_BRIGHTNESS = 16;

/**
 * Which segments of `count` to look at for a poster, best first: the beginning is often somebody sitting down, the
 * end somebody reaching for the mouse.
 */
export function posterCandidates(count: number): number[] {
  const places = [0.2, 0.4, 0.1, 0.6, 0.8, 0];
  return [...new Set(places.map((place) => Math.floor(place * count)))].filter((number) => number < count);
}

/**
 * Makes the poster of a recording, largest size first, from the first of `segments` whose key frame shows something,
 * or else from the one that shows most. Segments are asked for one after the other, so that none is read in vain.
 *
 * Gives null when none has a picture that can be decoded. Throws a retryable ServiceError when decoding itself was not
 * possible and nothing better was found.
 */
export async function makePoster(
  media: MediaService,
  segments: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Jpeg[] | null> {
  let best: { picture: Picture; contrast: number } | undefined;
  let failure: unknown;
  for await (const bytes of segments) {
    const segment = readSegment(bytes);
    if (!segment.ok || !segment.video) continue;
    try {
      const picture = await media.decodeKeyFrame(keyFrameOf(segment.video));
      const { brightness, contrast } = await media.measure(picture);
      if (!best || contrast > best.contrast) best = { picture, contrast };
      if (contrast >= LEAST_CONTRAST && brightness >= LEAST_BRIGHTNESS) break;
    } catch (error) {
      if (!isServiceError(error)) throw error;
      if (error.retryable) failure = error;
    }
  }
  if (!best) {
    if (failure) throw failure;
    return null;
  }
  const { picture } = best;
  return Promise.all(SIZES.map((size) => media.encodeJpeg(picture, size)));
}

/** The first key frame with its parameter sets as a byte stream of its own (Annex B). */
export function keyFrameOf({ bytes, nalStarts, nalEnds, frames }: NonNullable<Segment["video"]>): Uint8Array {
  const { nalFrom, nalTo } = frames[0]!;
  const pieces: Uint8Array[] = [];
  for (let nal = nalFrom; nal < nalTo; nal++) {
    pieces.push(Uint8Array.of(0, 0, 0, 1), bytes.subarray(nalStarts[nal]!, nalEnds[nal]!));
  }
  return Buffer.concat(pieces);
}
