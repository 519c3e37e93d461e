import { Button } from "#app/components/button.tsx";
import { useTestNotes } from "../use-test-notes.client.ts";

/** Plays three short notes on the chosen speaker. */
export function TestSound({ speaker }: { speaker: string | undefined }) {
  const { said, play } = useTestNotes(speaker);
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
