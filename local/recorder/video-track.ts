import { type RemoteTrack, VideoStream } from "@livekit/rtc-node";
import { createDelay, type Waits } from "./jitter.ts";
import { createMediaClock } from "./media-clock.ts";

/** One picture of a track, as I420 planes without padding behind one another. */
export type Still = { wall: number; width: number; height: number; data: Uint8Array };

/** 2 s at 30 a second: a frame is 1.4 MB, so what is not wanted must not wait. */
const MOST_WAITING = 60;

export type VideoTrack = ReturnType<typeof followVideo>;

/**
 * Follows a video track. Its stream is drained at once, because rtc-node's queue has no bound; pictures wait here until
 * the recording's clock, which runs a second late, comes to them.
 */
export function followVideo(track: RemoteTrack) {
  const clock = createMediaClock();
  const delay = createDelay();
  const reader = new VideoStream(track).getReader();
  const waiting: Still[] = [];
  /** Wall times from which the picture is to be seen (or not): muted cameras show nothing. */
  const turns: { at: number; seen: boolean }[] = [];
  let latest: Still | undefined;
  let current: Still | undefined;
  let seen = true;

  const drain = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const { frame, timestampUs } = value;
      const wall = clock.wall(Number(timestampUs) / 1000, performance.now()) - delay.ms;
      latest = { wall, width: frame.width, height: frame.height, data: frame.data };
      waiting.push(latest);
      if (waiting.length > MOST_WAITING) waiting.shift();
    }
  };
  // A stream that breaks off is a track that has ended; the room tells that itself.
  drain().catch(() => undefined);

  return {
    /** Takes in how long pictures of each size waited on their way. */
    measure(waits: Waits["pictures"]) {
      delay.measure(
        waits.find(({ width, height }) => width === latest?.width && height === latest.height)?.ms,
      );
    },
    turn(visible: boolean, at = performance.now()) {
      turns.push({ at, seen: visible });
    },
    /** The picture at this instant of the wall clock, or undefined when there is none. Instants only go forward. */
    stillAt(wall: number): Still | undefined {
      while (turns[0] && turns[0].at <= wall) {
        seen = turns.shift()!.seen;
        // What was seen before the camera was switched off must not flash up when it comes back.
        if (!seen) current = undefined;
      }
      while (waiting[0] && waiting[0].wall <= wall) current = waiting.shift();
      return seen ? current : undefined;
    },
    close() {
      reader.cancel().catch(() => undefined);
    },
  };
}
