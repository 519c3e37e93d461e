import { type RefObject, useEffect, useState } from "react";

export type Media = { paused: boolean; muted: boolean; volume: number };

/** What a player is doing right now, whoever told it to. */
export function useMedia(video: RefObject<HTMLVideoElement>): Media {
  const [media, setMedia] = useState<Media>({ paused: true, muted: false, volume: 1 });
  useEffect(() => {
    const player = video.current;
    if (!player) return;
    const look = () => setMedia({ paused: player.paused, muted: player.muted, volume: player.volume });
    look();
    for (const event of told) player.addEventListener(event, look);
    return () => {
      for (const event of told) player.removeEventListener(event, look);
    };
  }, [video]);
  return media;
}

const told = ["play", "pause", "ended", "volumechange"] as const;
