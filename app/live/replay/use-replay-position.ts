import { type RefObject, useEffect } from "react";

const everyMs = 5000;
/** Nearer to what was saved than this is the same place: players round. */
const sameMs = 100;

/**
 * Begins at `startMs`, which is where this person stopped unless the address says otherwise, and remembers where they
 * are: every few seconds, on a pause, and when the page is left or hidden. `address` takes the position, which is one of
 * the edit that plays here; it is asked nothing more once it has refused.
 */
export function useReplayPosition(
  video: RefObject<HTMLVideoElement>,
  {
    address,
    edit,
    positionMs,
    startMs,
  }: { address: string; edit: number; positionMs: number; startMs: number },
): void {
  useEffect(() => {
    const player = video.current;
    if (!player) return;
    let saved = positionMs;
    let refused = false;
    /** Where they are, in seconds: a player that has to begin anew begins at zero. */
    let place = startMs / 1000;

    const goOn = () => {
      if (place > 0 && player.currentTime < 1) player.currentTime = place;
    };
    const keep = () => {
      if (player.readyState > 0) place = player.currentTime;
    };
    const save = () => {
      const now = Math.round(player.currentTime * 1000);
      if (refused || player.readyState === 0 || Math.abs(now - saved) < sameMs) return;
      saved = now;
      const body = JSON.stringify({ positionMs: now, edit });
      // `keepalive` outlives the page.
      fetch(address, {
        method: "POST",
        body,
        keepalive: true,
        headers: { "content-type": "application/json" },
      }).then(
        ({ status }) => void (refused = status >= 400 && status < 500),
        () => {},
      );
    };
    const onHidden = () => void (document.visibilityState === "hidden" && save());

    if (player.readyState > 0) goOn();
    player.addEventListener("loadedmetadata", goOn);
    player.addEventListener("timeupdate", keep);
    const timer = setInterval(() => void (player.paused || save()), everyMs);
    player.addEventListener("pause", save);
    player.addEventListener("seeked", save);
    addEventListener("pagehide", save);
    document.addEventListener("visibilitychange", onHidden);
    return () => {
      save();
      clearInterval(timer);
      player.removeEventListener("loadedmetadata", goOn);
      player.removeEventListener("timeupdate", keep);
      player.removeEventListener("pause", save);
      player.removeEventListener("seeked", save);
      removeEventListener("pagehide", save);
      document.removeEventListener("visibilitychange", onHidden);
    };
    // Where it begins is decided once; the position that comes with a reloaded page's data is the one just saved.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [video, address, edit]);
}
