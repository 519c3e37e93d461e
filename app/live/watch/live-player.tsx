import { useEffect, useState } from "react";
import { PlayerBar, Stage } from "#app/components/stage.tsx";
import { firstPicture } from "./first-picture.ts";
import type { ViewerRoom } from "./viewer-room.client.ts";
import type { Picture, takeRoom } from "./warm-up.client.ts";

type LivePlayerProps = {
  /** The watch page's own path. */
  path: string;
  hostAbsent: boolean;
  onRefused: () => void;
  /** Something of the host can be seen. */
  onFrame: () => void;
  /** The live picture began while so many people had the page open: they do not all ask for a ticket in one moment. */
  spreadMs: number;
};

type Entered = { picture: Picture; room: ViewerRoom };

/** The live picture. Its code comes when it is needed; until then, and without scripts, the stage says what is going on. */
export function LivePlayer({ path, hostAbsent, onRefused, onFrame, spreadMs }: LivePlayerProps) {
  const [entered, setEntered] = useState<Entered | "failed" | null>(null);
  const [tries, setTries] = useState(0);
  const [wait] = useState(() => Math.random() * spreadMs);

  useEffect(() => {
    let over = false;
    let begun: ReturnType<typeof takeRoom> | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function enter() {
      try {
        const warmUp = await import("./warm-up.client.ts");
        if (over) return;
        begun = warmUp.takeRoom(path);
        const [picture, room] = await Promise.all([begun.picture, begun.room]);
        if (!over) setEntered({ picture, room });
      } catch {
        if (over) return;
        // The player's code did not arrive: a new version may be out, or the connection is gone. The room's may have.
        begun?.leave();
        setEntered("failed");
        timer = setTimeout(() => setTries((count) => count + 1), 3_000 + Math.random() * 4_000);
      }
    }
    if (tries === 0 && wait >= 1) timer = setTimeout(() => void enter(), wait);
    else void enter();
    return () => {
      over = true;
      clearTimeout(timer);
      if (begun) begun.leave();
      else
        void import("./warm-up.client.ts").then(
          (warmUp) => warmUp.dropRoom(path),
          () => {},
        );
      setEntered(null);
    };
  }, [path, tries, wait]);

  const player = entered && entered !== "failed" ? entered : null;
  return (
    <>
      {player ? (
        <player.picture.LivePicture
          room={player.room}
          hostAbsent={hostAbsent}
          onRefused={onRefused}
          onFrame={onFrame}
        />
      ) : (
        <NoPictureYet hostAbsent={hostAbsent} failed={entered === "failed"} />
      )}
      {!hostAbsent && (
        <div
          className={firstPicture}
          aria-hidden="true"
          dangerouslySetInnerHTML={nothing}
          suppressHydrationWarning
        />
      )}
    </>
  );
}

/** For React, whatever stands in the first picture's place: the room puts it there, and takes it away. */
const nothing = { __html: "" };

function NoPictureYet({ hostAbsent, failed }: { hostAbsent: boolean; failed: boolean }) {
  return (
    <Stage
      controls={
        <PlayerBar>
          <span className="small live-bar">The live picture</span>
        </PlayerBar>
      }
    >
      <div role="status">
        <p className="live-words" data-needs-script="">
          {failed
            ? "The player could not be loaded. We try again by ourselves."
            : hostAbsent
              ? "The host's connection dropped. They are reconnecting, and the stream stays open."
              : "Connecting you to the picture…"}
        </p>
      </div>
      <noscript>
        <p className="live-words">
          {hostAbsent && "The host's connection dropped. They are reconnecting, and the stream stays open. "}
          The live picture needs JavaScript. This page finds out by itself how the stream is getting on, and
          says so. The replay plays without.
        </p>
      </noscript>
    </Stage>
  );
}
