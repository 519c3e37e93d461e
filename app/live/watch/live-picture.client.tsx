import type { RemoteTrack } from "livekit-client";
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Button } from "#app/components/button.tsx";
import { Icon } from "#app/components/icons.tsx";
import { PlayerBar, Stage } from "#app/components/stage.tsx";
import { useFullScreen, usePictureInPicture } from "./screen-modes.client.ts";
import { wordsFor } from "./live-words.ts";
import type { Line, ViewerRoom } from "./viewer-room.client.ts";

type LivePictureProps = {
  room: ViewerRoom;
  /** The host dropped and is awaited. */
  hostAbsent: boolean;
  /** A ticket was refused: the page finds out what is true now. */
  onRefused: () => void;
  /** The first frame is there. */
  onFrame: () => void;
  /** The person wants the picture with a delay; null while there is none. */
  onDelayed: (() => void) | null;
};

export function LivePicture({ room, hostAbsent, onRefused, onFrame, onDelayed }: LivePictureProps) {
  const view = useSyncExternalStore(room.subscribe, room.view);
  const [silent, setSilent] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const large = useRef<HTMLVideoElement>(null);
  const fullScreen = useFullScreen(frame, large);
  const inPicture = usePictureInPicture(large, view.screen ?? view.camera);
  const { line, screen, camera, sounds, soundBlocked } = view;

  const told = useRef(onRefused);
  told.current = onRefused;
  useEffect(() => {
    if (line === "refused") told.current();
  }, [line]);

  const said = wordsFor(view, { hostAbsent, otherDevices: room.refusal() === "devices" });
  const wordsOverPicture = said !== undefined && (screen !== null || camera !== null);
  useEffect(() => {
    if (wordsOverPicture) room.endFirstPicture();
  }, [room, wordsOverPicture]);

  const seen = (track: RemoteTrack) => () => {
    room.frameSeen(track);
    onFrame();
  };
  return (
    <>
      <Stage
        frame={frame}
        screen={
          screen && (
            <Video elementRef={large} track={screen} label="The host's screen" onFrame={seen(screen)} />
          )
        }
        camera={
          camera && (
            <Video
              elementRef={screen ? undefined : large}
              track={camera}
              label="The host's camera"
              onFrame={seen(camera)}
            />
          )
        }
        controls={
          <PlayerBar>
            <Button
              type="button"
              kind="quiet"
              aria-pressed={!silent && !soundBlocked}
              onClick={() => {
                if (soundBlocked) void room.startSound();
                setSilent(!soundBlocked && !silent);
              }}
            >
              <Icon name={silent || soundBlocked ? "sound-off" : "sound-on"} />
              {silent || soundBlocked ? "Sound is off" : "Sound is on"}
            </Button>
            <span className="push row live-modes">
              {onDelayed && (
                <Button type="button" kind="quiet" onClick={onDelayed}>
                  Rewind, or watch with a delay of some 10 s
                </Button>
              )}
              {inPicture.possible && (
                <Button type="button" kind="quiet" aria-pressed={inPicture.on} onClick={inPicture.toggle}>
                  Picture in picture
                </Button>
              )}
              {fullScreen.possible && (
                <Button type="button" kind="quiet" onClick={fullScreen.toggle}>
                  <Icon name={fullScreen.on ? "leave-full-screen" : "full-screen"} />
                  <span className="live-word">{fullScreen.on ? "Leave full screen" : "Full screen"}</span>
                </Button>
              )}
            </span>
          </PlayerBar>
        }
      >
        {said || soundBlocked ? (
          <Words said={said} line={line} soundBlocked={soundBlocked} room={room} />
        ) : null}
      </Stage>
      {sounds.map((track) => (
        <Sound key={track.sid} track={track} muted={silent} />
      ))}
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </>
  );
}

type WordsProps = { said: string | undefined; line: Line; soundBlocked: boolean; room: ViewerRoom };

/** What is said on the stage, or over the picture. The page's own status line reads the same words out. */
function Words({ said, line, soundBlocked, room }: WordsProps) {
  if (!said) {
    return (
      <span className="live-tap">
        <Button type="button" kind="go" onClick={() => void room.startSound()}>
          <Icon name="sound-off" />
          Turn the sound on
        </Button>
      </span>
    );
  }
  return (
    <>
      <p className="live-words" aria-hidden="true">
        {said}
      </p>
      {line === "elsewhere" && (
        <Button type="button" kind="go" onClick={room.tryAgain}>
          Watch here
        </Button>
      )}
      {(line === "failed" || line === "full" || (line === "refused" && room.refusal() === "devices")) && (
        <Button type="button" kind="go" onClick={room.tryAgain}>
          Try again now
        </Button>
      )}
      {soundBlocked && (
        <Button type="button" onClick={() => void room.startSound()}>
          Turn the sound on
        </Button>
      )}
    </>
  );
}

type VideoProps = {
  track: RemoteTrack;
  label: string;
  elementRef?: RefObject<HTMLVideoElement>;
  onFrame: () => void;
};

function Video({ track, label, elementRef, onFrame }: VideoProps) {
  const own = useRef<HTMLVideoElement>(null);
  const ref = elementRef ?? own;
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    track.attach(element);
    return () => void track.detach(element);
  }, [track, ref]);
  return <video ref={ref} aria-label={label} autoPlay playsInline muted onLoadedData={onFrame} />;
}

function Sound({ track, muted }: { track: RemoteTrack; muted: boolean }) {
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    track.attach(element);
    return () => void track.detach(element);
  }, [track]);
  // `attach` unmutes, so this comes after it.
  useEffect(() => {
    if (ref.current) ref.current.muted = muted;
  }, [muted, track]);
  return <audio ref={ref} autoPlay />;
}
