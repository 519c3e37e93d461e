import { createChances, hlsOptions } from "./hls-recovery.ts";
import { goesOn, hasFailed, knowsPlaylists } from "./own-powers.ts";

/** What a player is told about a recording that does not come, or cannot be played. */
export type ReplayNews = {
  /** Nothing comes at the moment; it is tried again. */
  onLost: () => void;
  /** It comes again. */
  onComing: () => void;
  /** This browser cannot play it. */
  onUnplayable: () => void;
};

const longestPauseMs = 15_000;
/** The pause before the next try, after so many in a row. */
const replayPauseMs = (tries: number): number => Math.min(longestPauseMs, 1_000 * 2 ** tries);

/**
 * Has a `<video>` play a recording's playlist from where the video is, by script where that is possible, and goes on trying
 * for as long as nothing comes. Gives the function that ends it.
 */
export async function keepReplaying(
  video: HTMLVideoElement,
  playlist: string,
  news: ReplayNews,
): Promise<() => void> {
  const { default: Hls } = await import("hls.js/light");
  // What loads another source forgets both.
  const { currentTime, paused } = video;
  const play = () => void (paused || video.play().catch(() => {}));
  if (!Hls.isSupported()) return byBrowser(video, news, play);

  const hls = new Hls({ ...hlsOptions, startPosition: currentTime > 0 ? currentTime : -1 });
  const takeChance = createChances();
  const tries = createTries(() => (hls.levels.length === 0 ? hls.loadSource(playlist) : hls.startLoad()));
  hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
    if (type === Hls.ErrorTypes.NETWORK_ERROR) {
      // The first of them are tried again by hls.js itself, which people need not know while there is something to see.
      if (fatal || video.readyState < goesOn) news.onLost();
      if (fatal) tries.later();
      return;
    }
    if (!fatal) return;
    if (type !== Hls.ErrorTypes.MEDIA_ERROR || !takeChance()) return news.onUnplayable();
    const { paused } = video;
    hls.recoverMediaError();
    // Another source pauses a player.
    if (!paused) void video.play().catch(() => {});
  });
  hls.on(Hls.Events.FRAG_BUFFERED, () => {
    tries.done();
    news.onComing();
  });
  hls.loadSource(playlist);
  hls.attachMedia(video);
  play();
  return () => {
    tries.end();
    hls.destroy();
  };
}

/** Without scripts for it the browser's own player begins anew; `useReplayPosition` brings it back to its place. */
function byBrowser(video: HTMLVideoElement, news: ReplayNews, play: () => void): () => void {
  const tries = createTries(() => {
    // One of several sources that failed is no end yet.
    if (!hasFailed(video)) return;
    if (!knowsPlaylists(video)) return news.onUnplayable();
    news.onLost();
    video.load();
    play();
  });
  const onPlaying = () => {
    tries.done();
    news.onComing();
  };
  video.addEventListener("error", tries.later, true);
  video.addEventListener("loadeddata", onPlaying);
  tries.later();
  return () => {
    tries.end();
    video.removeEventListener("error", tries.later, true);
    video.removeEventListener("loadeddata", onPlaying);
  };
}

/** One try after the other, with growing pauses, and at once when the machine is online again. */
function createTries(again: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  const now = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    again();
  };
  addEventListener("online", now);
  return {
    later() {
      clearTimeout(timer);
      timer = setTimeout(now, replayPauseMs(tries));
      tries += 1;
    },
    done() {
      tries = 0;
    },
    end() {
      clearTimeout(timer);
      removeEventListener("online", now);
    },
  };
}
