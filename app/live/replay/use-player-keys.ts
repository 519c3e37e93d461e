import { type RefObject, useEffect } from "react";
import { actionFor, type PlayerAction } from "./player-keys.ts";

/** Lets keys work the player, wherever the focus is on the page but in something that needs them itself. */
export function usePlayerKeys(video: RefObject<HTMLVideoElement>, frame: RefObject<HTMLElement>): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const player = video.current;
      if (!player || event.defaultPrevented) return;
      const { key, ctrlKey, altKey, metaKey } = event;
      const action = actionFor({ key, ctrlKey, altKey, metaKey, focus: focusOf(event.target, player) });
      if (!action) return;
      event.preventDefault();
      perform(action, player, frame.current ?? player);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [video, frame]);
}

function focusOf(target: EventTarget | null, video: HTMLVideoElement): "video" | "control" | "page" {
  if (target === video) return "video";
  const isControl =
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest("input, textarea, select, button, a, summary, dialog, [role=button]") !== null);
  return isControl ? "control" : "page";
}

function perform(action: PlayerAction, video: HTMLVideoElement, frame: HTMLElement): void {
  const end = Number.isFinite(video.duration) ? video.duration : 0;
  const seek = (seconds: number) => {
    video.currentTime = Math.min(Math.max(0, seconds), end);
  };
  if (action.do === "toggle") void (video.paused ? video.play().catch(() => {}) : video.pause());
  else if (action.do === "mute") video.muted = !video.muted;
  else if (action.do === "seek-by") seek(video.currentTime + action.seconds);
  else if (action.do === "seek-to") seek(end * action.share);
  else if (action.do === "volume-by") {
    video.volume = Math.min(1, Math.max(0, video.volume + action.share));
    if (action.share > 0) video.muted = false;
  } else if (document.fullscreenElement) void document.exitFullscreen();
  else void frame.requestFullscreen?.().catch(() => {});
}
