import { ButtonLink } from "#app/components/button.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { Tag } from "#app/components/tag.tsx";
import { Elapsed } from "#app/components/ticking.tsx";
import { ChooseDevice } from "./choose-device.tsx";
import { LivePlayer } from "./live-player.tsx";
import { PassEnds } from "./pass-ends.tsx";
import { ByWhat, Cut, Description, House, Whose } from "./pieces.tsx";
import type { WatchProps } from "./watch-page.tsx";

/** The picture, live or of the team's rehearsal. `onFrame`: something of the host can be seen. */
export function OnAirFront({ page, watch, onFrame }: WatchProps & { onFrame: () => void }) {
  const { state } = watch;
  return (
    <>
      {watch.devices ? (
        <ChooseDevice page={page} watch={watch} asked={watch.devices} />
      ) : (
        <LivePlayer
          path={page.path}
          streamId={state.streamId}
          recordingId={state.liveRecordingId}
          clock={watch.clock}
          soFar={page.soFar}
          recorded={page.recorded}
          hostAbsent={state.hostAbsentSince !== null}
          onRefused={() => watch.readAgain(500)}
          onFrame={onFrame}
          spreadMs={watch.spreadMs}
        />
      )}
      <PassEnds page={page} watch={watch} />
    </>
  );
}

/** What is said below the picture; a rehearsal looks the same but for what it is called. */
export function OnAirWords({ page, watch }: WatchProps) {
  const { viewers, state, at } = watch;
  const rehearsal = watch.place === "rehearsal";
  return (
    <>
      <div className="on-air">
        <PageHeader title={state.title} above={<Whose page={page} />} />
        <p className="row">
          {rehearsal ? <Tag>Rehearsal</Tag> : <Tag kind="live">Live</Tag>}
          {state.liveAt && !rehearsal && (
            <span className="small">
              for <Elapsed since={state.liveAt} now={at} />
            </span>
          )}
          {viewers && !rehearsal && (
            <span className="small num">{viewers.now.toLocaleString("en-GB")} watching</span>
          )}
        </p>
      </div>
      {rehearsal && (
        <Notice title="Only the team sees this">
          <p>Viewers wait in the lobby and see no picture. Nothing is recorded.</p>
          <p className="row">
            <ButtonLink to={`/account/streams/${page.streamId}`}>Open the studio</ButtonLink>
          </p>
        </Notice>
      )}
      <Cut watch={watch} />
      <Description page={page} />
      {viewers && !rehearsal && <House viewers={viewers} />}
      {!rehearsal && <ByWhat page={page} watch={watch} />}
    </>
  );
}
