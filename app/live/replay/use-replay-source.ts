import { type RefObject, useEffect, useState } from "react";
import { createChances, hlsOptions } from "./hls-recovery.ts";

const hlsType = "application/vnd.apple.mpegurl";

/**
 * Makes the playlist play where the browser cannot do so by itself, with hls.js, which is only loaded there. Gives a
 * sentence when the recording cannot be played, or null.
 */
export function useReplaySource(video: RefObject<HTMLVideoElement>, playlist: string): string | null {
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const player = video.current;
    if (!player) return;
    setProblem(null);
    let gone = false;
    let detach: (() => void) | undefined;
    const fail = async () => {
      const sentence = await explain(playlist);
      if (!gone) setProblem(sentence);
    };
    const playByScript = async () => {
      if (gone || detach) return;
      detach = () => {};
      const stop = await attachHls(player, playlist, () => void fail());
      detach = stop;
      if (gone) stop?.();
      else if (!stop) void fail();
    };
    const plays = player.canPlayType(hlsType) !== "";
    // A `source` that failed reports at itself, so this listens on the way down.
    const onError = () => void (player.error || !plays ? playByScript() : fail());
    player.addEventListener("error", onError, true);
    if (!plays || player.error) void playByScript();
    return () => {
      gone = true;
      player.removeEventListener("error", onError, true);
      detach?.();
    };
  }, [video, playlist]);

  return problem;
}

async function attachHls(
  video: HTMLVideoElement,
  playlist: string,
  onFailure: () => void,
): Promise<(() => void) | undefined> {
  const { default: Hls } = await import("hls.js/light");
  if (!Hls.isSupported()) return undefined;
  const hls = new Hls(hlsOptions);
  const takeChance = createChances();
  hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
    if (!fatal) return;
    if (type !== Hls.ErrorTypes.MEDIA_ERROR || !takeChance()) return onFailure();
    const { paused } = video;
    hls.recoverMediaError();
    // Another source pauses a player.
    if (!paused) void video.play().catch(() => {});
  });
  hls.loadSource(playlist);
  hls.attachMedia(video);
  return () => hls.destroy();
}

/** A video element does not say why it failed; the playlist's own answer does. */
async function explain(playlist: string): Promise<string> {
  try {
    const { status } = await fetch(playlist, { method: "HEAD" });
    if (status === 401) return "You have been signed out. Reload the page to sign in again.";
    if (status === 403) return "You may not watch this any more. Reload the page to see why.";
    if (status === 409)
      return "Other devices of yours have all places of your pass. Reload the page to choose which is to end.";
    if (status === 404) return "This recording is not here any more.";
    if (status < 400) return "Your browser cannot play this recording. Another browser may be able to.";
  } catch {
    return "The connection is lost. Reload the page when you are online again.";
  }
  return "The recording cannot be read right now. Reload the page in a moment.";
}
