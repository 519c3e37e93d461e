import type { PlayerAction } from "./player-keys.ts";

export type { PlayerAction };

/** What can be asked of a video element itself. */
type VideoAction = Exclude<PlayerAction, { do: "full-screen" | "captions" | "speed-by" }>;

export function perform(action: VideoAction, video: HTMLVideoElement): void {
  const end = Number.isFinite(video.duration) ? video.duration : 0;
  const seek = (seconds: number) => {
    video.currentTime = Math.min(Math.max(0, seconds), end);
  };
  if (action.do === "toggle") void (video.paused ? video.play().catch(() => {}) : video.pause());
  else if (action.do === "mute") video.muted = !video.muted;
  else if (action.do === "seek-by") seek(video.currentTime + action.seconds);
  else if (action.do === "seek-to") seek(end * action.share);
  else {
    video.volume = Math.min(1, Math.max(0, video.volume + action.share));
    if (action.share > 0) video.muted = false;
  }
}
