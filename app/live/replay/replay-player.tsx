import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button } from "#app/components/button.tsx";
import { PlayerBar, Stage } from "#app/components/stage.tsx";
import { Chapters } from "./chapters.tsx";
import { clock, lengthInWords } from "./clock.ts";
import { keysInWords } from "./player-keys.ts";
import { usePlayerKeys } from "./use-player-keys.ts";
import { useReplayPosition } from "./use-replay-position.ts";
import { useReplaySource } from "./use-replay-source.ts";

type ReplayPlayerProps = {
  streamId: string;
  recordingId: string;
  title: string;
  durationMs: number;
  /** Where this person stopped the last time. */
  positionMs: number;
  /** Where it begins: there, or at the moment that the address asks for. */
  startMs: number;
  hasMp4: boolean;
  hasPoster?: boolean;
  /** Where something is missing, which is said below the picture. */
  gaps?: { atMs: number; ms: number }[];
  /** Right under the picture, above what else is said of it. */
  children?: ReactNode;
  chapters: { atMs: number; title: string }[];
};

const speeds = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/**
 * The recording of a stream. Without script it is the browser's own player on our playlist, or on the MP4 where a
 * browser knows no playlists; with it come hls.js where that is needed, the place where one stopped, speed and keys.
 */
export function ReplayPlayer(props: ReplayPlayerProps) {
  const {
    streamId,
    recordingId,
    title,
    durationMs,
    positionMs,
    startMs,
    hasMp4,
    hasPoster = hasMp4,
    gaps = [],
    children,
  } = props;
  const base = `/media/${streamId}/${recordingId}`;
  const begin = startMs > 0 ? `#t=${startMs / 1000}` : "";
  const video = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const problem = useReplaySource(video, `${base}/index.m3u8`);
  useReplayPosition(video, { address: `${base}/position`, positionMs, startMs });
  usePlayerKeys(video, frame);

  return (
    <div className="replay">
      <Stage
        frame={frame}
        screen={
          <video
            ref={video}
            controls
            preload="metadata"
            playsInline
            poster={hasPoster ? `${base}/poster.jpg` : undefined}
            aria-label={`Replay of ${title}, ${clock(durationMs)} long`}
          >
            <source src={`${base}/index.m3u8${begin}`} type="application/vnd.apple.mpegurl" />
            {hasMp4 && <source src={`${base}/video.mp4${begin}`} type="video/mp4" />}
            Your browser cannot show videos.
          </video>
        }
        controls={<Controls video={video} positionMs={startMs === positionMs ? positionMs : 0} />}
      >
        {problem && (
          <p className="replay-problem" role="alert">
            {problem}
          </p>
        )}
      </Stage>
      {children}
      {gaps.length > 0 && <Gaps gaps={gaps} />}
      <Chapters chapters={props.chapters} video={video} />
      <Keys />
    </div>
  );
}

/** What needs script, so it is there only with it. */
function Controls({ video, positionMs }: { video: React.RefObject<HTMLVideoElement>; positionMs: number }) {
  const [on, setOn] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [continued, setContinued] = useState(positionMs > 0);
  const id = useId();
  useEffect(() => setOn(true), []);
  useEffect(() => {
    if (video.current) video.current.playbackRate = speed;
  }, [video, speed]);
  if (!on) return null;

  const startOver = () => {
    setContinued(false);
    if (video.current) video.current.currentTime = 0;
  };
  return (
    <PlayerBar>
      <label htmlFor={id}>Speed</label>
      <select id={id} value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
        {speeds.map((each) => (
          <option key={each} value={each}>
            {each === 1 ? "Normal" : `${each}×`}
          </option>
        ))}
      </select>
      {continued && (
        <>
          <span className="player-time">Goes on where you stopped, at {clock(positionMs)}.</span>
          <Button type="button" kind="quiet" onClick={startOver}>
            Start from the beginning
          </Button>
        </>
      )}
    </PlayerBar>
  );
}

function Gaps({ gaps }: { gaps: { atMs: number; ms: number }[] }) {
  return (
    <div className="small">
      <p>Parts of this stream could not be recorded:</p>
      <ul>
        {gaps.map(({ atMs, ms }) => (
          <li key={atMs}>
            at {clock(atMs)}, {lengthInWords(ms)} are missing
          </li>
        ))}
      </ul>
    </div>
  );
}

function Keys() {
  return (
    <details className="replay-keys small">
      <summary>Keys for the player</summary>
      <dl>
        {keysInWords.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
