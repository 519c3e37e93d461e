import { type RefObject, useEffect, useRef, useState } from "react";
import { leaveOff } from "./left-off.ts";
import { playPlaylist, type PlaylistLine } from "./playlist-line.client.ts";

type Options = {
  streamId: string;
  recordingId: string;
  /** The server's clock (ISO), told again and again. */
  at: string;
  /** Something was refused or is missing: the page finds out what is true now. */
  onRefused: () => void;
};

export type LivePlaylist = {
  /** How far behind now what is seen is; null while nobody knows. */
  behindMs: number | null;
  lost: boolean;
  /** The browser wants to be tapped before it plays sound. */
  silenced: boolean;
  toLive: () => void;
  toBeginning: () => void;
  withSound: () => void;
};

/** Has a `<video>` play what is recorded of a live stream, beginning as near to now as can be. */
export function useLivePlaylist(
  video: RefObject<HTMLVideoElement>,
  { streamId, recordingId, at, onRefused }: Options,
): LivePlaylist {
  const [behindMs, setBehindMs] = useState<number | null>(null);
  const [lost, setLost] = useState(false);
  const [silenced, setSilenced] = useState(false);
  const line = useRef<PlaylistLine>();
  const now = useServerNow(at);
  const told = useRef(onRefused);
  told.current = onRefused;

  useEffect(() => {
    const player = video.current;
    if (!player) return;
    const ask = () => told.current();
    const mine = playPlaylist(player, `/media/${streamId}/${recordingId}/live.m3u8`, {
      onRefused: ask,
      onMissing: ask,
      onLost: setLost,
    });
    line.current = mine;
    void play(player, () => setSilenced(true));
    const look = () => setBehindMs(behind(mine, now.current()));
    const timer = setInterval(look, 1_000);
    player.addEventListener("seeked", look);
    return () => {
      clearInterval(timer);
      player.removeEventListener("seeked", look);
      if (player.currentTime > 0) leaveOff(recordingId, player.currentTime * 1000);
      mine.stop();
      line.current = undefined;
    };
  }, [video, streamId, recordingId, now]);

  const goTo = (place: number | null | undefined) => {
    const player = video.current;
    if (!player || place === null || place === undefined) return;
    player.currentTime = place;
    void play(player, () => setSilenced(true));
  };
  return {
    behindMs,
    lost,
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

/** The server's time in ms, whatever the clock of this machine says. */
function useServerNow(at: string) {
  const known = useRef({ at: Date.parse(at), ms: performance.now() });
  useEffect(() => {
    known.current = { at: Date.parse(at), ms: performance.now() };
  }, [at]);
  return useRef(() => known.current.at + performance.now() - known.current.ms);
}
