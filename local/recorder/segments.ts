import type { EncodedUnit } from "./encoder.ts";
import { createTransportStream } from "./transport-stream.ts";
import type { CutSegment } from "./uploads.ts";

/**
 * Cuts encoded pictures and sound into segments that begin with a key frame. Sound comes out of its encoder a little
 * later than the pictures of its time, so both wait here for each other and go on in order of time.
 */
export function createSegments({
  startsAt,
  framesPerSecond,
  cut,
}: {
  /** Wall time of the first picture, ms since 1970. */
  startsAt: number;
  framesPerSecond: number;
  cut(segment: CutSegment): void;
}) {
  const stream = createTransportStream();
  const pictures: EncodedUnit[] = [];
  const sounds: EncodedUnit[] = [];
  let number = 0;
  let frames = 0;
  let framesBefore = 0;

  const close = () => {
    if (frames === 0) return;
    cut({
      number: number++,
      bytes: stream.take(),
      startsAt: startsAt + (framesBefore * 1000) / framesPerSecond,
      seconds: frames / framesPerSecond,
    });
    framesBefore += frames;
    frames = 0;
  };

  const writePicture = (unit: EncodedUnit) => {
    if (unit.key) {
      close();
      stream.begin();
    }
    stream.video(unit);
    frames++;
  };

  const advance = (all: boolean) => {
    for (;;) {
      const [picture, sound] = [pictures[0], sounds[0]];
      if (!picture && !sound) return;
      if ((!picture || !sound) && !all) return;
      if (picture && (!sound || picture.time <= sound.time)) writePicture(pictures.shift()!);
      else stream.audio(sounds.shift()!);
    }
  };

  return {
    add(more: { pictures?: EncodedUnit[]; sounds?: EncodedUnit[] }) {
      pictures.push(...(more.pictures ?? []));
      sounds.push(...(more.sounds ?? []));
      advance(false);
    },
    finish() {
      advance(true);
      close();
    },
  };
}
