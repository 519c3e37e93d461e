import { type RefObject, useEffect, useState } from "react";
import { goesOn } from "./own-powers.ts";

/** A picture that stands still for less than this is nobody's concern. */
const noticedMs = 700;

/** Whether a player that should play, or was sent elsewhere, waits for what comes there. */
export function useWaiting(video: RefObject<HTMLVideoElement>): boolean {
  const [waiting, setWaiting] = useState(false);
  useEffect(() => {
    const player = video.current;
    if (!player) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      const stands = player.readyState < goesOn && !player.ended && (!player.paused || player.seeking);
      if (!stands) {
        clearTimeout(timer);
        timer = undefined;
        return setWaiting(false);
      }
      timer ??= setTimeout(() => setWaiting(true), noticedMs);
    };
    look();
    for (const event of told) player.addEventListener(event, look);
    return () => {
      clearTimeout(timer);
      for (const event of told) player.removeEventListener(event, look);
    };
  }, [video]);
  return waiting;
}

const told = [
  "play",
  "pause",
  "waiting",
  "seeking",
  "seeked",
  "canplay",
  "playing",
  "emptied",
  "ended",
] as const;
