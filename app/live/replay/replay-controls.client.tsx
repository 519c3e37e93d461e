import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { Button } from "#app/components/button.tsx";
import { Icon } from "#app/components/icons.tsx";
import { PlayerBar } from "#app/components/stage.tsx";
import { useFullScreen } from "../watch/screen-modes.client.ts";
import { CaptionsMenu } from "./captions-menu.tsx";
import { clock } from "./clock.ts";
import { type PlayerAction, perform } from "./player-actions.ts";
import type { Playhead } from "./playhead.ts";
import { readPreferences, type ReplayPreferences, speeds, writePreferences } from "./preferences.ts";
import { SeekBar } from "./seek-bar.tsx";
import { type Captions, chosenCaptions, useCaptions } from "./use-captions.ts";
import { useMedia } from "./use-media.ts";
import { usePlayerKeys } from "./use-player-keys.ts";

export type ReplayControlsProps = {
  video: RefObject<HTMLVideoElement>;
  frame: RefObject<HTMLElement>;
  playhead: Playhead;
  durationMs: number;
  /** The recording's address. */
  base: string;
  edit: number;
  captions: readonly Captions[];
};

/** What a player with scripts has instead of the browser's own controls. */
export function ReplayControls(props: ReplayControlsProps) {
  const { video, frame, playhead, durationMs, base, edit, captions } = props;
  const media = useMedia(video);
  const fullScreen = useFullScreen(frame, video);
  const [preferences, change] = usePreferences();
  const { speed } = preferences;
  const shown = chosenCaptions(captions, preferences);
  useCaptions(video, shown, preferences);
  const lastShown = useRef(shown ?? captions[0]?.language ?? null);
  if (shown) lastShown.current = shown;
  useEffect(() => {
    const player = video.current;
    if (!player) return;
    // A new source begins at the usual speed again.
    player.defaultPlaybackRate = player.playbackRate = speed;
  }, [video, speed]);

  const act = (action: PlayerAction) => {
    if (action.do === "full-screen") fullScreen.toggle();
    else if (action.do === "captions") {
      // A recording without captions says nothing about those of others.
      if (captions.length > 0) change({ captions: shown ? null : lastShown.current });
    } else if (action.do === "speed-by") change({ speed: nextSpeed(speed, action.steps) });
    else if (video.current) perform(action, video.current);
  };
  usePlayerKeys(video, act);
  useEffect(() => {
    const player = video.current;
    const toggle = () => void (player && perform({ do: "toggle" }, player));
    player?.addEventListener("click", toggle);
    return () => player?.removeEventListener("click", toggle);
  }, [video]);

  return (
    <div className="replay-bar">
      <SeekBar playhead={playhead} durationMs={durationMs} of={{ base, edit }} />
      <PlayerBar>
        <Button type="button" kind="quiet" onClick={() => act({ do: "toggle" })}>
          <Icon name={media.paused ? "play" : "pause"} />
          <span className="live-word">{media.paused ? "Play" : "Pause"}</span>
        </Button>
        <Button
          type="button"
          kind="quiet"
          aria-label={media.muted || media.volume === 0 ? "Turn the sound on" : "Turn the sound off"}
          onClick={() => act({ do: "mute" })}
        >
          <Icon name={media.muted || media.volume === 0 ? "sound-off" : "sound-on"} />
        </Button>
        <input
          type="range"
          className="replay-volume"
          aria-label="Volume"
          min={0}
          max={100}
          step={5}
          value={media.muted ? 0 : Math.round(media.volume * 100)}
          onChange={(event) => setVolume(video.current, Number(event.target.value) / 100)}
        />
        <Time playhead={playhead} durationMs={durationMs} />
        <span className="push row live-modes">
          <Speed speed={speed} onChange={(chosen) => change({ speed: chosen })} />
          {captions.length > 0 && (
            <CaptionsMenu captions={captions} shown={shown} preferences={preferences} onChange={change} />
          )}
          {fullScreen.possible && (
            <Button type="button" kind="quiet" onClick={fullScreen.toggle}>
              <Icon name={fullScreen.on ? "leave-full-screen" : "full-screen"} />
              <span className="live-word">{fullScreen.on ? "Leave full screen" : "Full screen"}</span>
            </Button>
          )}
        </span>
      </PlayerBar>
    </div>
  );
}

function Speed({ speed, onChange }: { speed: number; onChange: (speed: number) => void }) {
  const id = useId();
  return (
    <>
      <label htmlFor={id} className="live-word">
        Speed
      </label>
      <select id={id} value={speed} onChange={(event) => onChange(Number(event.target.value))}>
        {speeds.map((each) => (
          <option key={each} value={each}>
            {each === 1 ? "Normal" : `${each}×`}
          </option>
        ))}
      </select>
    </>
  );
}

/** Told in seconds, so that it is drawn again no more often. */
function Time({ playhead, durationMs }: Pick<ReplayControlsProps, "playhead" | "durationMs">) {
  const [words, setWords] = useState(() => clock(playhead.ms()));
  useEffect(() => {
    const look = () => setWords(clock(playhead.ms()));
    look();
    return playhead.subscribe(look);
  }, [playhead]);
  return (
    <span className="player-time">
      {words} / {clock(durationMs)}
    </span>
  );
}

function usePreferences() {
  const [preferences, setPreferences] = useState(() => readPreferences(storage()));
  const change = (changed: Partial<ReplayPreferences>) => {
    const now = { ...preferences, ...changed };
    setPreferences(now);
    writePreferences(storage(), now);
  };
  return [preferences, change] as const;
}

/** Where a browser refuses it, even its name throws. */
function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

const nextSpeed = (speed: number, steps: number) =>
  speeds[Math.min(speeds.length - 1, Math.max(0, speeds.indexOf(speed) + steps))] ?? 1;

function setVolume(video: HTMLVideoElement | null, volume: number) {
  if (!video) return;
  video.volume = volume;
  video.muted = volume === 0;
}
