import { type RefObject, useEffect, useState } from "react";
import { goesOn, hasFailed, knowsPlaylists } from "./own-powers.ts";

/** Chromium's own player stands still without a word where a segment was refused: one that stood for so long is replaced. */
const standsMs = 8_000;

/**
 * Makes the playlist play where the browser cannot do so by itself, or has failed to, with hls.js, which is only loaded
 * there. Gives a sentence while the recording does not come or cannot be played, or null.
 */
export function useReplaySource(video: RefObject<HTMLVideoElement>, playlist: string): string | null {
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const player = video.current;
    if (!player) return;
    setProblem(null);
    let gone = false;
    let begun = false;
    let end: (() => void) | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let standing: ReturnType<typeof setTimeout> | undefined;
    /** Counts what was told: an answer that comes after something newer says nothing any more. */
    let told = 0;
    const say = (sentence: string | null) => {
      told += 1;
      if (!gone) setProblem(sentence);
    };
    const sayWhy = async () => {
      const before = (told += 1);
      const sentence = await explain(playlist);
      if (told === before) say(sentence);
    };
    const playByScript = async () => {
      if (begun) return;
      begun = true;
      try {
        const { keepReplaying } = await import("./replay-line.ts");
        end = await keepReplaying(player, playlist, {
          onLost: () => void sayWhy(),
          onComing: () => say(null),
          onUnplayable: () => say(unplayable),
        });
      } catch {
        // Its code could not be had.
        begun = false;
        void sayWhy();
        timer = setTimeout(() => void (gone || playByScript()), 4_000);
      }
      if (gone) end?.();
    };
    // A `source` that failed reports at itself, so this listens on the way down. Chromium's own player does not follow a
    // playlist's segments to another origin; the file that it would play then is not what `MEDIA_REDIRECT` wants to send.
    const onError = () => void playByScript();
    const onWaiting = () => {
      clearTimeout(standing);
      standing = setTimeout(() => {
        if (!player.paused && !player.ended && player.readyState < goesOn) void playByScript();
      }, standsMs);
    };
    player.addEventListener("error", onError, true);
    player.addEventListener("waiting", onWaiting);
    // Before this script came it may have gone on to the file, or to the end of what there is.
    const isAtFile = player.currentSrc.includes("/video.mp4");
    onWaiting();
    if (!knowsPlaylists(player) || hasFailed(player) || isAtFile) void playByScript();
    return () => {
      gone = true;
      clearTimeout(timer);
      clearTimeout(standing);
      player.removeEventListener("error", onError, true);
      player.removeEventListener("waiting", onWaiting);
      end?.();
    };
  }, [video, playlist]);

  return problem;
}

const unplayable = "Your browser cannot play this recording. Another browser may be able to.";

/** Neither a video element nor storage, where segments may come from, says why: the playlist's own answer does. */
async function explain(playlist: string): Promise<string> {
  try {
    const { status } = await fetch(playlist, { method: "HEAD" });
    if (status === 401) return "You have been signed out. Reload the page to sign in again.";
    if (status === 403) return "You may not watch this any more. Reload the page to see why.";
    if (status === 409)
      return "Other devices of yours have all places of your pass. Reload the page to choose which is to end.";
    if (status === 404) return "This recording is not here any more.";
  } catch {
    return "The connection is lost. The replay goes on by itself when you are online again.";
  }
  return "The recording cannot be read right now. We keep trying.";
}
