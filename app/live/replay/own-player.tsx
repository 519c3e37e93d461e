import type { RefObject } from "react";
import { Stage } from "#app/components/stage.tsx";
import { useReplaySource } from "./use-replay-source.ts";

type OwnPlayerProps = {
  video: RefObject<HTMLVideoElement>;
  /** `index.m3u8`: what plays; `recorded.m3u8`: all that was recorded. */
  playlist: string;
  /** The same as one file, for browsers without scripts that know no playlists. */
  file?: string;
  poster?: string;
  /** Said to who cannot see what it shows. */
  label: string;
};

/** A recording for its own team: the browser's player and nothing that is remembered. */
export function OwnPlayer({ video, playlist, file, poster, label }: OwnPlayerProps) {
  const problem = useReplaySource(video, playlist);
  return (
    <Stage
      screen={
        <video ref={video} controls preload="metadata" playsInline poster={poster} aria-label={label}>
          <source src={playlist} type="application/vnd.apple.mpegurl" />
          {file && <source src={file} type="video/mp4" />}
          Your browser cannot show videos.
        </video>
      }
    >
      {problem && (
        <p className="replay-problem" role="alert">
          {problem}
        </p>
      )}
    </Stage>
  );
}
