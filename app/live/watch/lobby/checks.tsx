import { useState } from "react";
import { Button } from "#app/components/button.tsx";
import type { PageConnection } from "../../page-messages.ts";
import { useTestNotes } from "../../use-test-notes.client.ts";
import { type Checked, checkedWords } from "./checked-words.ts";

export type ChecksProps = {
  /** This page's own line. */
  connection: PageConnection;
  /** Where browsers reach LiveKit's signalling; null: at our gate. */
  signalUrl: string | null;
};

/**
 * For who wants to know before it begins: a sound to hear, and whether the picture will come directly. Nothing is sent,
 * and no room is joined.
 */
export function Checks(props: ChecksProps) {
  return (
    <section className="part lobby-checks" aria-labelledby="checks" data-needs-script="">
      <h2 id="checks">Check your sound and connection</h2>
      <Sound />
      <Line {...props} />
    </section>
  );
}

function Sound() {
  const { said, play } = useTestNotes();
  return (
    <div className="lobby-check">
      <Button type="button" onClick={() => void play()} pending={said === "playing" && "Playing…"}>
        Play a test sound
      </Button>
      <p className="small" role="status">
        {said === "played" &&
          "You should have heard three notes. If not, turn the sound of this device up, and look whether this tab is muted."}
        {said === "failed" &&
          "The sound could not be played. Look whether this device has a speaker, and whether this browser may use it."}
      </p>
    </div>
  );
}

function Line({ connection, signalUrl }: ChecksProps) {
  const [checked, setChecked] = useState<Checked | "checking" | null>(null);
  async function check() {
    setChecked("checking");
    try {
      const { checkLine } = await import("./check-line.client.ts");
      setChecked(await checkLine(signalUrl));
    } catch {
      // The code of the check itself did not arrive.
      setChecked({ way: "delayed", why: "line" });
    }
  }
  return (
    <div className="lobby-check">
      <Button type="button" onClick={() => void check()} pending={checked === "checking" && "Checking…"}>
        Check the connection
      </Button>
      <p className="small" role="status">
        {checked !== null && checked !== "checking" && checkedWords(checked, connection)}
      </p>
    </div>
  );
}
