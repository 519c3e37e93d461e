import { useEffect, useState } from "react";
import { useModule } from "../use-module.ts";
import { firstPicture } from "./first-picture.ts";
import { leaveOff } from "./left-off.ts";
import { NoPictureYet } from "./no-picture-yet.tsx";
import type { ServerClock } from "./server-clock.ts";
import { useRoom } from "./use-room.ts";
import { useWay } from "./use-way.ts";
import type { Choice } from "./way.ts";

type LivePlayerProps = {
  /** The watch page's own path. */
  path: string;
  streamId: string;
  /** Whose segments show it with a delay; null while there are none. */
  recordingId: string | null;
  hostAbsent: boolean;
  clock: ServerClock;
  /** Without scripts: what there is so far, and not what grows. */
  soFar: boolean;
  recorded: boolean;
  onRefused: () => void;
  /** Something of the host can be seen. */
  onFrame: () => void;
  /** The live picture began while so many people had the page open: they do not all ask for a ticket in one moment. */
  spreadMs: number;
};

/**
 * The live picture, from the room or with a delay. Its code comes when it is needed; until then the stage says what is
 * going on, and without scripts the browser plays the playlist.
 */
export function LivePlayer(props: LivePlayerProps) {
  const { path, streamId, recordingId, hostAbsent, clock, soFar, recorded, onRefused, onFrame, spreadMs } =
    props;
  const [chosen, setChosen] = useState<Choice | null>(null);
  const [away, setAway] = useState(false);
  const { entered, begunMs } = useRoom({ path, spreadMs, wanted: chosen === null });
  const player = entered && entered !== "failed" ? entered : null;
  const { way, again, queued } = useWay(player?.room ?? null, {
    ...{ chosen, away, begunMs },
    possible: recordingId !== null,
  });
  const delayed = useModule(loadDelayed, { wanted: way.delayed });

  const offered = way.delayed && way.why === "offered";
  useEffect(() => {
    // Whoever has gone back stays there, and holds no place in the room meanwhile.
    if (offered) setChosen("offered");
  }, [offered]);
  useEffect(() => {
    // Who came back to the direct picture has seen all of it.
    if (!way.delayed && recordingId) leaveOff(recordingId, null);
  }, [way.delayed, recordingId]);

  if (way.delayed && recordingId && delayed) {
    return (
      <delayed.DelayedPicture
        streamId={streamId}
        recordingId={recordingId}
        way={way}
        hostAbsent={hostAbsent}
        clock={clock}
        onRefused={onRefused}
        onFrame={onFrame}
        onAway={setAway}
        onDirect={() => {
          setChosen(null);
          setAway(false);
          again();
        }}
      />
    );
  }
  return (
    <>
      {player && !way.delayed ? (
        <player.picture.LivePicture
          room={player.room}
          hostAbsent={hostAbsent}
          onRefused={onRefused}
          onFrame={onFrame}
          onDelayed={recordingId === null ? null : () => setChosen("chosen")}
        />
      ) : (
        <NoPictureYet
          hostAbsent={hostAbsent}
          failed={entered === "failed"}
          queued={queued}
          playlist={recordingId && `/media/${streamId}/${recordingId}/live.m3u8`}
          path={path}
          soFar={soFar}
          recorded={recorded}
        />
      )}
      {!hostAbsent && (
        <div
          className={firstPicture}
          aria-hidden="true"
          data-needs-script=""
          dangerouslySetInnerHTML={nothing}
          suppressHydrationWarning
        />
      )}
    </>
  );
}

/** For React, whatever stands in the first picture's place: the room puts it there, and takes it away. */
const nothing = { __html: "" };

/** What plays the playlist comes only for who needs it. */
const loadDelayed = () => import("./delayed-picture.client.tsx");
