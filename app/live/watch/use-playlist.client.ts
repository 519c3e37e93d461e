import { type RefObject, useEffect, useRef, useState } from "react";
import { leaveOff } from "./left-off.ts";
import { keepPlaying, type KeptLine } from "./kept-line.client.ts";
import type { PlaylistLine } from "./playlist-line.client.ts";
import { type ServerClock, serverNow } from "./server-clock.ts";

type Options = {
  streamId: string;
  recordingId: string;
  /** Told again and again. */
  clock: ServerClock;
  /** Something was refused or is missing: the page finds out what is true now. */
  onRefused: () => void;
  /** Told at each seek: whether it went back from now. */
  onAway: (away: boolean) => void;
};

/** Whoever is no further behind what can be played now is where it is. */
const nearSeconds = 10;

export type LivePlaylist = {
  /** How far behind now what is seen is; null while nobody knows. */
  behindMs: number | null;
  lost: boolean;
  /** We were not let in; it is asked again by itself, and at once by `again`. */
  refused: boolean;
  again: () => void;
  /** The browser wants to be tapped before it plays sound. */
  silenced: boolean;
  toLive: () => void;
  toBeginning: () => void;
  withSound: () => void;
};

/** Has a `<video>` play what is recorded of a live stream, beginning as near to now as can be. */
export function useLivePlaylist(
  video: RefObject<HTMLVideoElement>,
  { streamId, recordingId, clock, onRefused, onAway }: Options,
): LivePlaylist {
  const [behindMs, setBehindMs] = useState<number | null>(null);
  const [lost, setLost] = useState(false);
  const [silenced, setSilenced] = useState(false);
  const [refused, setRefused] = useState(false);
  const line = useRef<KeptLine>();
  const now = useRef(clock);
  now.current = clock;
  const told = useRef({ onRefused, onAway });
  told.current = { onRefused, onAway };

  useEffect(() => {
    const player = video.current;
    if (!player) return;
    const ask = () => told.current.onRefused();
    const mine = keepPlaying(player, `/media/${streamId}/${recordingId}/live.m3u8`, {
      onRefused() {
        setRefused(true);
        ask();
      },
      onAdmitted: () => setRefused(false),
      onMissing: ask,
      onLost: setLost,
    });
    line.current = mine;
    void play(player, () => setSilenced(true));
    const look = () => setBehindMs(behind(mine, serverNow(now.current)));
    const onSeeked = () => {
      look();
      const live = mine.livePlace();
      if (live !== null) told.current.onAway(live - player.currentTime > nearSeconds);
    };
    const timer = setInterval(look, 1_000);
    player.addEventListener("seeked", onSeeked);
    return () => {
      clearInterval(timer);
      player.removeEventListener("seeked", onSeeked);
      if (player.currentTime > 0) leaveOff(recordingId, player.currentTime * 1000);
      mine.stop();
      told.current.onAway(false);
      line.current = undefined;
    };
  }, [video, streamId, recordingId]);

  const goTo = (place: number | null | undefined) => {
    const player = video.current;
    if (!player || place === null || place === undefined) return;
    player.currentTime = place;
    void play(player, () => setSilenced(true));
  };
  return {
    behindMs,
    lost,
    refused,
    again: () => line.current?.again(),
    silenced,
    toLive: () => goTo(line.current?.livePlace()),
    toBeginning: () => goTo(0),
    withSound() {
      setSilenced(false);
      if (video.current) video.current.muted = false;
    },
  };
}

/** Browsers play without a tap only what makes no sound. */
async function play(player: HTMLVideoElement, onSilenced: () => void) {
  try {
    await player.play();
  } catch (error) {
    if ((error as Error).name !== "NotAllowedError" || player.muted) return;
    player.muted = true;
    onSilenced();
    await player.play().catch(() => {});
  }
}

function behind(line: PlaylistLine, now: number): number | null {
  const seen = line.seenAt()?.getTime();
  return seen === undefined || Number.isNaN(seen) ? null : Math.max(0, now - seen);
}
