import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { Stage } from "#app/components/stage.tsx";
import { When } from "#app/components/when.tsx";
import { replayWords } from "./replay-words.ts";
import type { StudioState } from "./types.ts";

type OverProps = {
  state: StudioState;
  streamId: string;
  watchPath: string;
  zone: string | null;
  streamZone: string;
  endedBy: string | null;
  mayDownload: boolean;
};

/** The studio of a stream that is over: when and how it ended, and where its replay stands. */
export function Ended({ state, streamId, watchPath, zone, streamZone, endedBy, mayDownload }: OverProps) {
  const { recording, endedAt, endedReason } = state;
  const shown = recording?.status === "ready" && !recording.withheld;
  return (
    <Stage lit>
      <h2>This stream has ended</h2>
      <p>
        {endedAt && <When at={endedAt} zone={zone} streamZone={streamZone} />}
        {endedReason === "host_lost" && ". It ended by itself, because the host did not come back in time."}
        {endedReason !== "host_lost" && endedBy && (
          <>
            {", ended by "}
            <Bidi>{endedBy}</Bidi>.
          </>
        )}
      </p>
      <p role="status">{replayWords(recording)}</p>
      <p className="row">
        <ButtonLink to={watchPath} kind={shown ? "go" : "plain"} reloadDocument>
          {shown ? "Watch the replay" : "To the stream's page"}
        </ButtonLink>
        {recording && <ButtonLink to={`/account/streams/${streamId}/recording`}>The recording</ButtonLink>}
        {recording?.exportReady && !recording.withheld && mayDownload && (
          <ButtonLink to={`/media/${streamId}/${recording.id}/video.mp4?download=1`} reloadDocument>
            Download the MP4
          </ButtonLink>
        )}
        {recording?.status === "ready" && mayDownload && (
          <ButtonLink to={`/account/streams/${streamId}/captions`}>Captions</ButtonLink>
        )}
      </p>
    </Stage>
  );
}

export function Cancelled({ studioPath }: { studioPath: string }) {
  return (
    <Stage lit>
      <h2>This stream was cancelled</h2>
      <p>It cannot be taken up again. Schedule a new one with the same words if you like.</p>
      <ButtonLink to={`${studioPath}/duplicate`}>Duplicate it</ButtonLink>
    </Stage>
  );
}
