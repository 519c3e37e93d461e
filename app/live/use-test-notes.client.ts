import { useEffect, useRef, useState } from "react";
import { playNotes } from "./test-notes.client.ts";

/** Plays three short notes when it is told to, on a speaker (its device id; the usual one without), and says how that went. */
export function useTestNotes(speaker?: string) {
  const [said, setSaid] = useState<"" | "playing" | "played" | "failed">("");
  const audio = useRef<AudioContext>();
  useEffect(() => () => void audio.current?.close(), []);
  async function play() {
    setSaid("playing");
    try {
      audio.current ??= new AudioContext();
      await audio.current.resume();
      await playNotes(audio.current, speaker);
      setSaid("played");
    } catch {
      setSaid("failed");
    }
  }
  return { said, play };
}
