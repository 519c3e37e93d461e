import type { PlayerAction } from "./player-keys.ts";

export type { PlayerAction };

/** What can be asked of a video element itself. */
type VideoAction = Exclude<PlayerAction, { do: "full-screen" | "captions" | "speed-by" }>;

export function perform(action: VideoAction, video: HTMLVideoElement): void {
  const { begin, end } = seekableOf(video);
  const seek = (seconds: number) => {
    video.currentTime = Math.min(Math.max(begin, seconds), end);
  };
  if (action.do === "toggle") void (video.paused ? video.play().catch(() => {}) : video.pause());
  else if (action.do === "mute") video.muted = !video.muted;
  else if (action.do === "seek-by") seek(video.currentTime + action.seconds);
  else if (action.do === "seek-to") seek(begin + (end - begin) * action.share);
  else {
    video.volume = Math.min(1, Math.max(0, video.volume + action.share));
    if (action.share > 0) video.muted = false;
  }
}

/** What grows has no length, and yet an end until which it can be sought. */
function seekableOf({ duration, seekable }: HTMLVideoElement): { begin: number; end: number } {
  if (Number.isFinite(duration)) return { begin: 0, end: duration };
  if (seekable.length === 0) return { begin: 0, end: 0 };
  return { begin: seekable.start(0), end: seekable.end(seekable.length - 1) };
}
