import { setTimeout as sleep } from "node:timers/promises";
import { AAC_SAMPLES, createAudioEncoder, createVideoEncoder, SAMPLE_RATE } from "./encoder.ts";
import { createPicture, HEIGHT, type Scene, WIDTH } from "./picture.ts";
import { createSegments } from "./segments.ts";
import type { SlateName } from "./slate.ts";
import type { Sound } from "./sound.ts";
import type { CutSegment } from "./uploads.ts";

/** Everything is put out this much late, so that what a busy thread took in late still finds its place. */
const DELAY_MS = 1000;
/** So far behind, a picture is repeated rather than drawn: the clock is worth more. */
const LATE_MS = 500;

/**
 * Puts out pictures and sound at a constant rate by our own clock, whatever comes in: what is missing is repeated, what
 * is too much is left out. `run` ends after `stop`, when all up to that instant is encoded and cut.
 */
export function createRecording({
  startedAt,
  startsAt,
  framesPerSecond,
  segmentSeconds,
  slates,
  sound,
  sceneAt,
  cut,
}: {
  /** The start as of `performance.now()`, and the same as ms since 1970. */
  startedAt: number;
  startsAt: number;
  framesPerSecond: number;
  segmentSeconds: number;
  slates: Record<SlateName, Uint8Array>;
  sound: Sound;
  /** What is to be seen at an instant as of `performance.now()`. Instants only go forward. */
  sceneAt(wall: number): Scene;
  cut(segment: CutSegment): void;
}) {
  const picture = createPicture({ width: WIDTH, height: HEIGHT, slates });
  const video = createVideoEncoder({
    width: WIDTH,
    height: HEIGHT,
    framesPerSecond,
    keyFrameEvery: framesPerSecond * segmentSeconds,
  });
  const audio = createAudioEncoder();
  const segments = createSegments({ startsAt, framesPerSecond, cut });
  const stopped = new AbortController();
  let stopAt = Infinity;

  const untilDue = async (due: number) => {
    const wait = due - performance.now();
    // The loop below may be behind for long; what comes in has to be heard all the same.
    if (wait <= 0) await sleep(0);
    else await sleep(wait, undefined, { signal: stopped.signal }).catch(() => undefined);
  };

  const pump = async () => {
    for (let number = 0; ; number++) {
      const wall = startedAt + (number * 1000) / framesPerSecond;
      if (wall >= stopAt && number > 0) return;
      if (stopAt === Infinity) await untilDue(wall + DELAY_MS);
      // One turn in ten lets a stop that came meanwhile, and what is still under way, through.
      else if (number % 10 === 0) await sleep(0);
      const late = performance.now() - DELAY_MS - wall;
      const scene = sceneAt(wall);
      if (late < LATE_MS || number % 5 === 0 || stopAt < Infinity) picture.draw(scene);
      segments.add({ pictures: await video.encode(picture.frame) });
      const samplesUntil = ((number + 1) * SAMPLE_RATE) / framesPerSecond;
      while (sound.position + AAC_SAMPLES <= samplesUntil) {
        segments.add({ sounds: audio.encode(sound.take()) });
      }
    }
  };

  return {
    async run() {
      try {
        await pump();
        segments.add({ pictures: await video.finish(), sounds: audio.finish() });
        segments.finish();
      } finally {
        picture.free();
      }
    },
    stop(at = performance.now()) {
      stopAt = Math.min(stopAt, at);
      stopped.abort();
    },
  };
}
