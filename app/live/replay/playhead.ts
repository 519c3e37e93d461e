export type Playhead = ReturnType<typeof createPlayhead>;

/** Nearer to its end than this a recording is over: players round, and end a little early or late. */
const endMs = 300;

/** Where a replay is, for what goes along with it on its page. A player is attached to it, and may come late. */
export function createPlayhead({ startMs, durationMs }: { startMs: number; durationMs: number }) {
  const listeners = new Set<() => void>();
  let player: HTMLVideoElement | null = null;
  let ms = startMs;

  function move(to: number) {
    if (to === ms) return;
    ms = to;
    for (const listener of listeners) listener();
  }

  function seek(to: number) {
    move(to);
    if (player) player.currentTime = to / 1000;
  }

  return {
    ms: () => ms,

    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    /** Goes to a moment, at once where the player can, and as soon as it can otherwise. */
    seek,

    /** The same for who asked for that moment elsewhere on the page, where the picture may not be in sight. */
    jump(to: number) {
      seek(to);
      player?.closest(".stage")?.scrollIntoView({ block: "nearest" });
    },

    play() {
      void player?.play().catch(() => {});
    },

    /** Follows a player until the function that it gives is called. */
    attach(video: HTMLVideoElement) {
      player = video;
      // Before it knows its recording it stands at zero, which is not where it begins.
      const look = () => {
        const at = video.currentTime * 1000;
        if (video.readyState > 0) move(video.ended || at > durationMs - endMs ? durationMs : at);
      };
      for (const event of followed) video.addEventListener(event, look);
      return () => {
        for (const event of followed) video.removeEventListener(event, look);
        if (player === video) player = null;
      };
    },
  };
}

const followed = ["timeupdate", "seeking", "seeked", "ended"] as const;
