import type { Room } from "@livekit/rtc-node";

/** How long media waited on its way in, in ms: all sound together, and pictures by their size. */
export type Waits = { sound: number | undefined; pictures: { width: number; height: number; ms: number }[] };

/**
 * How long media waited in WebRTC's jitter buffers lately. rtc-node's frames do not say it, and it differs between sound
 * and picture: 20 ms to 60 ms on a quiet machine, well over 100 ms for sound on a busy one. Taken off each track's time
 * it brings them together again. The statistics name tracks by ids that rtc-node does not tell, hence the sizes.
 */
export function createJitterReader(room: Room) {
  const before = new Map<string, { seconds: number; count: number }>();

  const waitOf = (id: string, seconds: number, count: number) => {
    const last = before.get(id) ?? { seconds: 0, count: 0 };
    before.set(id, { seconds, count });
    return count > last.count ? (1000 * (seconds - last.seconds)) / (count - last.count) : undefined;
  };

  return {
    async read(): Promise<Waits> {
      const { publisherStats, subscriberStats } = await room.getRtcStats();
      const waits: Waits = { sound: undefined, pictures: [] };
      const sounds: number[] = [];
      // With a single peer connection what is received stands among the publisher's.
      for (const { stats } of [...subscriberStats, ...publisherStats]) {
        const received = stats.case === "inboundRtp" ? stats.value.inbound : undefined;
        if (!received?.trackIdentifier) continue;
        const { trackIdentifier, jitterBufferDelay = 0, jitterBufferEmittedCount = 0n } = received;
        const ms = waitOf(trackIdentifier, jitterBufferDelay, Number(jitterBufferEmittedCount));
        if (ms === undefined) continue;
        const { frameWidth: width = 0, frameHeight: height = 0 } = received;
        if (width > 0) waits.pictures.push({ width, height, ms });
        else sounds.push(ms);
      }
      if (sounds.length > 0) waits.sound = sounds.reduce((sum, ms) => sum + ms, 0) / sounds.length;
      return waits;
    },
  };
}

/** A delay that follows what is measured without jumping at each measurement; in ms, 0 until there is one. */
export function createDelay() {
  let delay: number | undefined;
  return {
    measure(ms: number | undefined) {
      if (ms !== undefined) delay = delay === undefined ? ms : delay + (ms - delay) / 3;
    },
    get ms() {
      return delay ?? 0;
    },
  };
}
