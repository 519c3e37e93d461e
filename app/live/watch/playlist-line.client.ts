import Hls from "hls.js/light";
import { createChances, hlsOptions } from "../replay/hls-recovery.ts";

/** A `<video>` that plays a live playlist. */
export type PlaylistLine = {
  /** When what is seen now was recorded; null while nobody knows. */
  seenAt: () => Date | null;
  /** The place in the picture that is as near to now as can be played without stopping; null before there is one. */
  livePlace: () => number | null;
  /** Ends it, and takes the picture away. */
  stop: () => void;
};

export type PlaylistNews = {
  /** We may not watch, or not here: nothing more will come. With where it was (seconds), and whether it was paused. */
  onRefused: (was: { currentTime: number; paused: boolean }) => void;
  /** The playlist is not there, or not yet. */
  onMissing: () => void;
  /** Nothing comes at the moment; it is tried again. */
  onLost: (lost: boolean) => void;
};

const againMs = 3_000;
const refusals = [401, 403, 409];
/** A piece that cannot be had so often in a row is passed over. */
const mostFailures = 4;
/** Nearer to its end a playlist has nothing to play while the next segment is made. */
const nearMs = 6_000;

/** Plays a playlist by script, or by the browser itself where scripts cannot; from `place` on (seconds), or from now at 0. */
export const playPlaylist = (
  video: HTMLVideoElement,
  playlist: string,
  news: PlaylistNews,
  { place = 0 } = {},
): PlaylistLine => (Hls.isSupported() ? byScript : byBrowser)(video, playlist, news, place);

function byScript(
  video: HTMLVideoElement,
  playlist: string,
  news: PlaylistNews,
  place: number,
): PlaylistLine {
  const takeChance = createChances();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let brokenAt = -Infinity;
  let hls = begin(place);

  function begin(from: number) {
    // Told as a time: otherwise it is three times the playlist's target, which is longer than segments are.
    const near = { liveSyncDuration: nearMs / 1000 };
    const mine = new Hls({ ...hlsOptions, ...near, startPosition: from > 0 ? from : -1 });
    mine.on(Hls.Events.ERROR, (_event, { fatal, type, response }) => {
      const status = response?.code ?? 0;
      if (refusals.includes(status)) {
        const { currentTime, paused } = video;
        stop();
        return news.onRefused({ currentTime, paused });
      }
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR) return recover();
      news.onLost(true);
      if (status === 404) news.onMissing();
      failures += 1;
      clearTimeout(timer);
      timer = setTimeout(again, againMs);
    });
    mine.on(Hls.Events.FRAG_BUFFERED, () => {
      failures = 0;
      news.onLost(false);
    });
    mine.loadSource(playlist);
    mine.attachMedia(video);
    return mine;
  }
  function stop() {
    clearTimeout(timer);
    hls.destroy();
    takeAway(video);
  }
  function again() {
    if (hls.levels.length === 0) return hls.loadSource(playlist);
    const live = hls.liveSyncPosition;
    // What was read already goes on where it was.
    if (failures < mostFailures || live === null || live <= video.currentTime) return hls.startLoad();
    video.currentTime = live;
    hls.startLoad(live);
  }
  /** A decoder that stumbles is put right; one that cannot be is made anew, and where that does not help goes on at now. */
  function recover() {
    const { currentTime, paused } = video;
    if (takeChance()) hls.recoverMediaError();
    else {
      const isSame = Math.abs(currentTime - brokenAt) < 4;
      brokenAt = currentTime;
      hls.destroy();
      hls = begin(isSame ? 0 : currentTime);
    }
    // Another source pauses a player.
    if (!paused) void video.play().catch(() => {});
  }
  return { seenAt: () => hls.playingDate, livePlace: () => hls.liveSyncPosition, stop };
}

/** Safari says when a picture was recorded. */
type DatedVideo = HTMLVideoElement & { getStartDate?: () => Date };
function byBrowser(video: DatedVideo, playlist: string, news: PlaylistNews, place: number): PlaylistLine {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  /** Where it goes on as soon as the browser knows what there is; 0: at now. */
  let goOnAt = 0;
  async function find() {
    const { currentTime, paused } = video;
    news.onLost(true);
    // A video does not say why it failed; the playlist's own answer does.
    const status = await fetch(playlist, { method: "HEAD" }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (over) return;
    if (refusals.includes(status)) {
      stop();
      return news.onRefused({ currentTime, paused });
    }
    if (status === 404) news.onMissing();
    timer = setTimeout(() => {
      begin(currentTime);
      // Another source pauses a player.
      if (!paused) void video.play().catch(() => {});
    }, againMs);
  }
  function begin(from: number) {
    goOnAt = from;
    video.src = playlist;
  }
  const onKnown = () => {
    if (goOnAt > 0) video.currentTime = goOnAt;
  };
  const onError = () => void find();
  const onPlaying = () => news.onLost(false);
  function stop() {
    over = true;
    clearTimeout(timer);
    video.removeEventListener("error", onError);
    video.removeEventListener("loadedmetadata", onKnown);
    video.removeEventListener("playing", onPlaying);
    takeAway(video);
  }
  video.addEventListener("error", onError);
  video.addEventListener("playing", onPlaying);
  video.addEventListener("loadedmetadata", onKnown);
  begin(place);
  return {
    seenAt() {
      const start = video.getStartDate?.().getTime() ?? NaN;
      return Number.isNaN(start) ? null : new Date(start + video.currentTime * 1000);
    },
    livePlace() {
      const { seekable } = video;
      return seekable.length > 0 ? Math.max(0, seekable.end(seekable.length - 1) - nearMs / 1000) : null;
    },
    stop,
  };
}

function takeAway(video: HTMLVideoElement) {
  video.pause();
  video.removeAttribute("src");
  video.load();
}
