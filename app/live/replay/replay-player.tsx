import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "#app/components/button.tsx";
import { Stage } from "#app/components/stage.tsx";
import { clock } from "./clock.ts";
import { useModule } from "../use-module.ts";
import type { Playhead } from "./playhead.ts";
import type { Captions } from "./use-captions.ts";

type ReplayPlayerProps = {
  /** The watch page's own path. */
  path: string;
  streamId: string;
  recordingId: string;
  edit: number;
  title: string;
  durationMs: number;
  /** Where this person stopped the last time. */
  positionMs: number;
  /** Where it begins: there, where they were when it was live, or at the moment that the address asks for. */
  startMs: number;
  /** Whether that is a place where they were. */
  goesOn?: boolean;
  hasMp4: boolean;
  mp4Progress: number | null;
  hasPoster?: boolean;
  captions: Captions[];
  /** Goes where the player goes. */
  playhead: Playhead;
  /** Right under the picture. */
  children?: ReactNode;
};

const loadScripts = () => import("./scripted-replay.client.tsx");

/**
 * The recording of a stream. Without script it is the browser's own player on our playlist, or on the MP4 where a
 * browser knows no playlists; with it, after the page itself, come hls.js where that is needed, the place where one stopped,
 * and controls that show what is where.
 */
export function ReplayPlayer(props: ReplayPlayerProps) {
  const { streamId, recordingId, edit, title, durationMs, positionMs, startMs, playhead, children } = props;
  const { hasMp4, hasPoster = hasMp4, captions, goesOn = startMs === positionMs } = props;
  const base = `/media/${streamId}/${recordingId}`;
  const begin = startMs > 0 ? `#t=${startMs / 1000}` : "";
  const video = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => (video.current ? playhead.attach(video.current) : undefined), [playhead]);
  // Until they come, and where they do not, there are the browser's own.
  const ours = useModule(loadScripts);

  return (
    <div className="replay">
      <Stage
        frame={frame}
        screen={
          <video
            ref={video}
            controls={!ours}
            preload="metadata"
            playsInline
            poster={hasPoster ? `${base}/poster.jpg?edit=${edit}` : undefined}
            aria-label={`Replay of ${title}, ${clock(durationMs)} long`}
          >
            <source src={`${base}/index.m3u8${begin}`} type="application/vnd.apple.mpegurl" />
            {hasMp4 && <source src={`${base}/video.mp4${begin}`} type="video/mp4" />}
            {captions.map(({ language, name }) => (
              <track
                key={language}
                kind="captions"
                src={`${base}/captions/${language}.vtt`}
                srcLang={language}
                label={name}
              />
            ))}
            Your browser cannot show videos.
          </video>
        }
        controls={
          ours && (
            <ours.ReplayControls
              video={video}
              frame={frame}
              playhead={playhead}
              durationMs={durationMs}
              base={base}
              edit={edit}
              captions={captions}
            />
          )
        }
      >
        {ours && (
          <ours.ReplaySource
            video={video}
            base={base}
            edit={edit}
            positionMs={positionMs}
            startMs={startMs}
          />
        )}
      </Stage>
      {!props.hasMp4 && (
        <noscript>
          <NoFile path={props.path} progress={props.mp4Progress} />
        </noscript>
      )}
      {children}
      {ours && startMs > 0 && goesOn && <Continued startMs={startMs} playhead={playhead} />}
    </div>
  );
}

/** Without scripts, for a browser that knows no playlists, which says nothing of that. */
function NoFile({ path, progress }: { path: string; progress: number | null }) {
  if (progress === null)
    return (
      <p className="small">
        Where nothing plays, the browser does not know HLS, and the file that plays without could not be made.
        With JavaScript it plays, and in a browser that knows HLS.
      </p>
    );
  return (
    <p className="small">
      Where nothing plays, the browser does not know HLS. The file that plays everywhere is being made,{" "}
      {Math.floor(progress * 100)} % so far. <a href={path}>Load this page again</a> in a moment.
    </p>
  );
}

/** Where somebody stopped the last time may not be where they want to begin. */
function Continued({ startMs, playhead }: Pick<ReplayPlayerProps, "startMs" | "playhead">) {
  const [known, setKnown] = useState(true);
  if (!known) return null;
  const startOver = () => {
    setKnown(false);
    playhead.seek(0);
  };
  return (
    <p className="row small">
      <span>Goes on where you stopped, at {clock(startMs)}.</span>
      <Button type="button" kind="quiet" onClick={startOver}>
        Start from the beginning
      </Button>
    </p>
  );
}
