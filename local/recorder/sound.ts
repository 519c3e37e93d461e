import { AudioStream, type RemoteTrack } from "@livekit/rtc-node";
import { AAC_SAMPLES, SAMPLE_RATE } from "./encoder.ts";
import { createDelay } from "./jitter.ts";
import { createMediaClock } from "./media-clock.ts";

const RING = SAMPLE_RATE * 8;
const PER_MS = SAMPLE_RATE / 1000;
/** A track's place on the clock is left alone while it is right within this, since each move is a click. */
const TOLERANCE = 30 * PER_MS;

export type Sound = ReturnType<typeof createSound>;

/**
 * Mixes any number of tracks onto the recording's clock, which began at `startedAt` (as of `performance.now()`), in
 * samples at 48 kHz, stereo. What comes too late for its place is dropped; where nothing came there is silence.
 */
export function createSound(startedAt: number) {
  const left = new Float32Array(RING);
  const right = new Float32Array(RING);
  /** Samples that have been taken out so far. */
  let taken = 0;

  const add = (samples: Int16Array, from: number, at: number) => {
    const count = samples.length >> 1;
    for (let index = from; index < count; index++) {
      const position = at + index - from;
      if (position < taken) continue;
      if (position >= taken + RING) return;
      const slot = position % RING;
      left[slot] = left[slot]! + samples[index * 2]! / 32768;
      right[slot] = right[slot]! + samples[index * 2 + 1]! / 32768;
    }
  };

  return {
    /** Adds a track until `close`; `restart` says that it comes back from a pause. */
    follow(track: RemoteTrack) {
      const clock = createMediaClock();
      const delay = createDelay();
      const reader = new AudioStream(track, { sampleRate: SAMPLE_RATE, numChannels: 2 }).getReader();
      let received = 0;
      let next: number | undefined;

      const drain = async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          const samples = value.data;
          const wall = clock.wall(received / PER_MS, performance.now()) - delay.ms;
          received += samples.length >> 1;
          const wanted = Math.round((wall - startedAt) * PER_MS);
          let skip = 0;
          if (next === undefined || wanted - next > TOLERANCE) next = wanted;
          // It lies too late: what is left out brings it back, since going back would mix it with itself.
          else if (next - wanted > TOLERANCE) skip = Math.min(samples.length >> 1, next - wanted);
          add(samples, skip, next);
          next += (samples.length >> 1) - skip;
        }
      };
      drain().catch(() => undefined);

      return {
        delay,
        restart() {
          clock.reset();
          next = undefined;
        },
        close() {
          reader.cancel().catch(() => undefined);
        },
      };
    },

    /** How many samples have been taken. */
    get position() {
      return taken;
    },

    /** The next 1024 samples of both channels, one channel behind the other. */
    take(): Float32Array {
      const planes = new Float32Array(AAC_SAMPLES * 2);
      for (let index = 0; index < AAC_SAMPLES; index++) {
        const slot = (taken + index) % RING;
        planes[index] = Math.max(-1, Math.min(1, left[slot]!));
        planes[AAC_SAMPLES + index] = Math.max(-1, Math.min(1, right[slot]!));
        left[slot] = 0;
        right[slot] = 0;
      }
      taken += AAC_SAMPLES;
      return planes;
    },
  };
}
