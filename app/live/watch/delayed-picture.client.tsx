import { useRef } from "react";
import { Button } from "#app/components/button.tsx";
import { Icon } from "#app/components/icons.tsx";
import { PlayerBar, Stage } from "#app/components/stage.tsx";
import { perform } from "../replay/player-actions.ts";
import { usePlayerKeys } from "../replay/use-player-keys.ts";
import { delayInWords, whyDelayed } from "./delay-words.ts";
import { useFullScreen } from "./screen-modes.client.ts";
import type { ServerClock } from "./server-clock.ts";
import { useLivePlaylist } from "./use-playlist.client.ts";
import type { Way } from "./way.ts";

type DelayedPictureProps = {
  streamId: string;
  recordingId: string;
  way: Way;
  hostAbsent: boolean;
  clock: ServerClock;
  onRefused: () => void;
  onFrame: () => void;
  /** Whether the person has gone back from now. */
  onAway: (away: boolean) => void;
  /** The person wants the direct picture. */
  onDirect: () => void;
};

/** The live picture from what is recorded, some seconds behind, with all that was before. */
export function DelayedPicture(props: DelayedPictureProps) {
  const { streamId, recordingId, way, hostAbsent, clock, onRefused, onFrame, onAway, onDirect } = props;
  const video = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const playlist = useLivePlaylist(video, { streamId, recordingId, clock, onRefused, onAway });
  const fullScreen = useFullScreen(frame, video);
  usePlayerKeys(video, (action) => {
    if (action.do === "full-screen") fullScreen.toggle();
    else if (action.do !== "captions" && action.do !== "speed-by" && video.current)
      perform(action, video.current);
  });
  const { behindMs, lost, refused, silenced } = playlist;
  const why = whyDelayed(way, { hostAbsent });
  return (
    <>
      <Stage
        frame={frame}
        screen={
          <video
            ref={video}
            controls
            playsInline
            aria-label="The live picture, with a delay"
            onLoadedData={onFrame}
          />
        }
        controls={
          <PlayerBar>
            <span className="player-time live-bar">{delayInWords(behindMs)}</span>
            <Button type="button" kind="quiet" onClick={playlist.toLive}>
              Jump to live
            </Button>
            <Button type="button" kind="quiet" onClick={playlist.toBeginning}>
              From the beginning
            </Button>
            {silenced && (
              <Button type="button" kind="quiet" onClick={playlist.withSound}>
                <Icon name="sound-off" />
                Turn the sound on
              </Button>
            )}
            <span className="push row live-modes">
              <Button type="button" kind="quiet" onClick={onDirect}>
                Watch without delay
              </Button>
            </span>
          </PlayerBar>
        }
      />
      <p className={why || lost || refused ? "small" : "visually-hidden"} role="status">
        {refused
          ? "This picture was refused just now. We ask again by ourselves."
          : lost
            ? "Nothing comes through at the moment. We keep trying."
            : why}
      </p>
      {refused && (
        <p className="row">
          <Button type="button" onClick={playlist.again}>
            Try again now
          </Button>
        </p>
      )}
    </>
  );
}
