import { type RefObject, useEffect } from "react";
import type { ReplayPreferences } from "./preferences.ts";

export type Captions = { language: string; name: string };

/** Which of a recording's captions somebody sees: those in the language that they chose, or none. */
export const chosenCaptions = (all: readonly Captions[], { captions }: ReplayPreferences): string | null =>
  all.find(({ language }) => language === captions)?.language ?? null;

/** Shows the captions in one language, or none, and in the way that somebody likes to read them. */
export function useCaptions(
  video: RefObject<HTMLVideoElement>,
  language: string | null,
  { cueSize, cueBackground }: ReplayPreferences,
): void {
  useEffect(() => {
    const player = video.current;
    if (!player) return;
    // A browser chooses by its own settings, also when a player's source is changed.
    const choose = () => {
      for (const track of player.textTracks) {
        const mode = track.language === language ? "showing" : "disabled";
        if (track.mode !== mode) track.mode = mode;
      }
    };
    choose();
    player.textTracks.addEventListener("change", choose);
    player.textTracks.addEventListener("addtrack", choose);
    return () => {
      player.textTracks.removeEventListener("change", choose);
      player.textTracks.removeEventListener("addtrack", choose);
    };
  }, [video, language]);
  useEffect(() => {
    const player = video.current;
    if (!player) return;
    player.dataset.cueSize = cueSize;
    player.dataset.cueBackground = cueBackground;
  }, [video, cueSize, cueBackground]);
}
