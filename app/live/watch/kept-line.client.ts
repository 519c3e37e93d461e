import { playPlaylist, type PlaylistLine, type PlaylistNews } from "./playlist-line.client.ts";

export type KeptLine = PlaylistLine & {
  /** Asks at once whether it is let in again. */
  again: () => void;
};

export type KeptNews = Omit<PlaylistNews, "onRefused"> & {
  /** We may not watch, or not here. The page finds out why; while it still is there, it is asked again. */
  onRefused: () => void;
  /** What was refused plays again. */
  onAdmitted: () => void;
};

const longestPauseMs = 60_000;

/**
 * Plays a live playlist, and asks again with growing pauses where that is refused: a place may be free again, or a session
 * be good again, and whoever may not watch any more has another page by then. It goes on where it was.
 */
export function keepPlaying(
  video: HTMLVideoElement,
  playlist: string,
  news: KeptNews,
  { firstPauseMs = 4_000 } = {},
): KeptLine {
  let refusals = 0;
  let line: PlaylistLine | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let was = { currentTime: 0, paused: true };

  function begin() {
    clearTimeout(timer);
    line = playPlaylist(video, playlist, { ...news, onLost, onRefused }, { place: was.currentTime });
  }
  function onRefused(before: typeof was) {
    line = null;
    was = before;
    news.onRefused();
    timer = setTimeout(beginAgain, Math.min(longestPauseMs, firstPauseMs * 2 ** refusals));
    refusals += 1;
  }
  function onLost(lost: boolean) {
    if (!lost && refusals > 0) {
      refusals = 0;
      news.onAdmitted();
    }
    news.onLost(lost);
  }
  function beginAgain() {
    begin();
    if (!was.paused) void video.play().catch(() => {});
  }
  begin();
  return {
    seenAt: () => line?.seenAt() ?? null,
    livePlace: () => line?.livePlace() ?? null,
    again() {
      if (!line) beginAgain();
    },
    stop() {
      clearTimeout(timer);
      line?.stop();
    },
  };
}
