import type { RefObject } from "react";
import { useReplayPosition } from "./use-replay-position.ts";
import { useReplaySource } from "./use-replay-source.ts";
import { useWaiting } from "./use-waiting.ts";

export { ReplayControls } from "./replay-controls.client.tsx";

type ReplaySourceProps = {
  video: RefObject<HTMLVideoElement>;
  /** The recording's address. */
  base: string;
  edit: number;
  /** Where this person stopped the last time. */
  positionMs: number;
  startMs: number;
};

/** Has the recording come where the browser alone does not bring it, keeps the place where one is, and says what is the matter. */
export function ReplaySource({ video, base, edit, positionMs, startMs }: ReplaySourceProps) {
  const problem = useReplaySource(video, `${base}/index.m3u8`);
  useReplayPosition(video, { address: `${base}/position`, edit, positionMs, startMs });
  const waiting = useWaiting(video);
  if (problem)
    return (
      <p className="replay-problem" role="alert">
        {problem}
      </p>
    );
  return waiting ? (
    <p className="replay-waiting" role="status">
      Loading…
    </p>
  ) : null;
}
