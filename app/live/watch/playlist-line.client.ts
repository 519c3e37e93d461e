import Hls from "hls.js/light";

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
  /** We may not watch, or not here: nothing more will come. */
  onRefused: () => void;
  /** The playlist is not there, or not yet. */
  onMissing: () => void;
  /** Nothing comes at the moment; it is tried again. */
  onLost: (lost: boolean) => void;
};

const againMs = 3_000;
const refusals = [401, 403, 409];

/** Plays a playlist by script, or by the browser itself where scripts cannot. */
export const playPlaylist = (video: HTMLVideoElement, playlist: string, news: PlaylistNews): PlaylistLine =>
  Hls.isSupported() ? byScript(video, playlist, news) : byBrowser(video, playlist, news);

function byScript(video: HTMLVideoElement, playlist: string, news: PlaylistNews): PlaylistLine {
  const hls = new Hls({ maxBufferLength: 30, backBufferLength: 60 });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let recovered = 0;
  function stop() {
    clearTimeout(timer);
    hls.destroy();
    takeAway(video);
  }
  function again() {
    // What was read already goes on where it was.
    if (hls.levels.length > 0) hls.startLoad();
    else hls.loadSource(playlist);
  }
  hls.on(Hls.Events.ERROR, (_event, { fatal, type, response }) => {
    const status = response?.code ?? 0;
    if (refusals.includes(status)) {
      stop();
      return news.onRefused();
    }
    if (!fatal) return;
    // A decoder that stumbles gets a second and a third chance.
    if (type === Hls.ErrorTypes.MEDIA_ERROR && recovered++ < 2) return hls.recoverMediaError();
    news.onLost(true);
    if (status === 404) news.onMissing();
    clearTimeout(timer);
    timer = setTimeout(again, againMs);
  });
  hls.on(Hls.Events.FRAG_BUFFERED, () => news.onLost(false));
  hls.loadSource(playlist);
  hls.attachMedia(video);
  return { seenAt: () => hls.playingDate, livePlace: () => hls.liveSyncPosition, stop };
}

/** Safari says when a picture was recorded. */
type DatedVideo = HTMLVideoElement & { getStartDate?: () => Date };
/** Nearer to its end a playlist has nothing to play while the next segment is made. */
const nearMs = 6_000;

function byBrowser(video: DatedVideo, playlist: string, news: PlaylistNews): PlaylistLine {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  async function find() {
    news.onLost(true);
    // A video does not say why it failed; the playlist's own answer does.
    const status = await fetch(playlist, { method: "HEAD" }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (over) return;
    if (refusals.includes(status)) {
      stop();
      return news.onRefused();
    }
    if (status === 404) news.onMissing();
    timer = setTimeout(() => (video.src = playlist), againMs);
  }
  const onError = () => void find();
  const onPlaying = () => news.onLost(false);
  function stop() {
    over = true;
    clearTimeout(timer);
    video.removeEventListener("error", onError);
    video.removeEventListener("playing", onPlaying);
    takeAway(video);
  }
  video.addEventListener("error", onError);
  video.addEventListener("playing", onPlaying);
  video.src = playlist;
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
