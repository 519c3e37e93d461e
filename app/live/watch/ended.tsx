import { useEffect, useState } from "react";
import { Page, Two, Watch as WatchLayout } from "#app/components/layouts.tsx";
import { Facts, Fact } from "#app/components/facts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { Stage } from "#app/components/stage.tsx";
import { formatElapsed } from "#app/components/time-format.ts";
import { When } from "#app/components/when.tsx";
import { AboutReplay } from "../replay/about-replay.tsx";
import { createPlayhead } from "../replay/playhead.ts";
import { ReplayPlayer } from "../replay/replay-player.tsx";
import type { PageState } from "../page-messages.ts";
import { ChooseDevice } from "./choose-device.tsx";
import { beginOf, leaveOff } from "./left-off.ts";
import { PassEnds } from "./pass-ends.tsx";
import { ByWhat, Cut, Description, hasChat, people, WatchChat, Whose } from "./pieces.tsx";
import type { ReplayProps } from "./replay-props.ts";
import { ReplaySide } from "./replay-side.tsx";
import type { WatchProps } from "./watch-page.tsx";

/** After the end: the replay, or how far it is, or that there is none. */
export function Ended(props: WatchProps) {
  const { page, watch } = props;
  const { state } = watch;
  const none = noReplay(state);
  const [stays] = useState(!page.replay);
  // Another edit is another recording to look at; one that was hidden or deleted is none any more.
  if (page.replay && !none)
    return <Replay key={page.replay.edit} {...props} replay={page.replay} stays={stays} />;
  if (none) {
    return (
      <Page>
        <Two
          label="Its audience"
          aside={
            <>
              <Attendance {...props} />
              <ByWhat page={page} watch={watch} />
            </>
          }
        >
          <PageHeader title={state.title} above={<Whose page={page} />} />
          <Notice title={none}>{howItEnded(state)}</Notice>
          <TookPlace {...props} />
          <Description page={page} />
        </Two>
      </Page>
    );
  }
  return (
    <WatchLayout
      side={hasChat(state) && <WatchChat {...props} ready />}
      stage={
        <Stage lit>
          <p className="poster making-of">The stream has ended. Thank you for being here.</p>
          <div className="measure" role="status">
            <p>{progressWords(state)}</p>
          </div>
          <p className="small" data-needs-script="">
            Stay on this page: the replay comes by itself.
          </p>
          <noscript>
            <p className="small">This page finds out by itself when the replay is ready, and says so.</p>
          </noscript>
        </Stage>
      }
    >
      <PageHeader title={state.title} above={<Whose page={page} />} />
      <p>{howItEnded(state)}</p>
      <TookPlace {...props} />
      <Cut watch={watch} />
      <Description page={page} />
      <Attendance {...props} />
      <ByWhat page={page} watch={watch} />
    </WatchLayout>
  );
}

function Replay({ replay, stays, ...props }: WatchProps & { replay: ReplayProps; stays: boolean }) {
  const { page, watch } = props;
  const { state } = watch;
  const [begin] = useState(() => beginOf(replay));
  const [playhead] = useState(() => createPlayhead({ ...replay, ...begin }));
  const { recordingId } = replay;
  // Whoever comes back to it later has a place that was saved.
  useEffect(() => leaveOff(recordingId, null), [recordingId]);
  return (
    <WatchLayout
      stage={
        watch.devices ? (
          <>
            <ChooseDevice {...props} asked={watch.devices} />
            <PassEnds {...props} />
          </>
        ) : (
          <ReplayPlayer {...replay} {...begin} path={page.path} playhead={playhead}>
            <PassEnds {...props} />
          </ReplayPlayer>
        )
      }
      side={hasChat(state) && <ReplaySide {...props} playhead={playhead} stays={stays} />}
    >
      <PageHeader title={state.title} above={<Whose page={page} />} />
      <TookPlace {...props} />
      <Cut watch={watch} />
      <Description page={page} />
      {!watch.devices && <AboutReplay {...replay} playhead={playhead} />}
      <Attendance {...props} />
      <ByWhat page={page} watch={watch} />
    </WatchLayout>
  );
}

function noReplay({ recording }: PageState): string | undefined {
  if (!recording) return "This stream was not recorded, so there is no replay.";
  if (recording.withheld) return withheld[recording.withheld];
  return recording.status === "failed"
    ? "The recording of this stream failed, so there is no replay."
    : undefined;
}

const withheld = {
  hidden: "The team has hidden the replay for now.",
  deleted: "The replay of this stream was taken away.",
};

/** How far the replay is: only what is known. */
function progressWords({ recording, liveAt }: PageState): string {
  const safe =
    recording?.safeUntil && liveAt
      ? ` ${formatElapsed((Date.parse(recording.safeUntil) - Date.parse(liveAt)) / 1000)} of it are checked and in storage.`
      : "";
  switch (recording?.status) {
    case "ready":
      return "The replay is ready. It opens here in a moment.";
    case "finalizing":
      return `The replay is being put together from its pieces.${safe}`;
    default:
      return `The recorder is handing over the last seconds.${safe}`;
  }
}

function howItEnded({ endedReason }: PageState): string {
  if (endedReason === "host_lost")
    return "The stream ended because the host's connection was lost and did not come back.";
  if (endedReason === "moderator") return "A moderator of the team ended the stream.";
  return "The host ended the stream.";
}

function TookPlace({ page, watch: { state } }: WatchProps) {
  const { liveAt, endedAt } = state;
  if (!liveAt || !endedAt) return null;
  return (
    <p className="small">
      It was live on <When at={liveAt} zone={page.zone} streamZone={page.streamZone} />, for{" "}
      <span className="num">{formatElapsed((Date.parse(endedAt) - Date.parse(liveAt)) / 1000)}</span>.
    </p>
  );
}

function Attendance({ watch: { viewers } }: WatchProps) {
  if (!viewers || viewers.total === 0) return null;
  return (
    <Facts>
      <Fact label="Watched it live">{people(viewers.total)}</Fact>
      <Fact label="Most at once">{viewers.peak.toLocaleString("en-GB")}</Fact>
      {viewers.now > 0 && <Fact label="On this page now">{viewers.now.toLocaleString("en-GB")}</Fact>}
    </Facts>
  );
}
