import { useEffect, useRef, useState } from "react";
import { Button } from "#app/components/button.tsx";
import { playNotes } from "../test-notes.client.ts";

/** Plays three short notes on the chosen speaker. */
export function TestSound({ speaker }: { speaker: string | undefined }) {
  const [said, setSaid] = useState<"" | "playing" | "failed">("");
  const audio = useRef<AudioContext>();
  useEffect(() => () => void audio.current?.close(), []);
  async function play() {
    setSaid("playing");
    try {
      audio.current ??= new AudioContext();
      await audio.current.resume();
      await playNotes(audio.current, speaker);
      setSaid("");
    } catch {
      setSaid("failed");
    }
  }
  return (
    <>
      <Button type="button" onClick={() => void play()} pending={said === "playing" && "Playing…"}>
        Play a test sound
      </Button>
      <p className="small" role="status">
        {said === "failed" && "The sound could not be played there. Choose another speaker."}
      </p>
    </>
  );
}
