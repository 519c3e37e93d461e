import { PageHeader } from "#app/components/page-header.tsx";
import type { PageState } from "../../page-messages.ts";
import { useModule } from "../../use-module.ts";
import { Ahead } from "../ahead.tsx";
import { PassEnds } from "../pass-ends.tsx";
import { ByWhat, Cut, Description, PartOfSeries, WhenLine, Whose } from "../pieces.tsx";
import type { WatchProps } from "../watch-page.tsx";
import type { ChecksProps } from "./checks.tsx";
import { HostNote } from "./host-note.tsx";
import { LobbyStage } from "./lobby-stage.tsx";
import { soonWords } from "./lobby-words.ts";
import { StartMoved } from "./start-moved.tsx";

/** The stage where people wait for the start together. Beside an open chat it is a frame without scripts, which asks by itself. */
export function LobbyFront(props: WatchProps) {
  const { page, watch } = props;
  const { state, clock, now, sure, viewers } = watch;
  const talks = isOpen(state);
  return (
    <>
      <LobbyStage
        {...{ state, clock, now, sure }}
        here={viewers?.now ?? 0}
        zone={page.zone}
        streamZone={page.streamZone}
        needsScript={talks}
      />
      {talks && (
        <noscript>
          <iframe
            className="stage-frame"
            title="What is on the stage"
            src={`${page.path}/stage?start=${encodeURIComponent(state.startsAt)}`}
          />
        </noscript>
      )}
      <PassEnds {...props} />
    </>
  );
}

const loadChecks = () => import("./checks.tsx");

/** They come after the page, since they need scripts. */
function LateChecks(props: ChecksProps) {
  const checks = useModule(loadChecks);
  return checks && <checks.Checks {...props} />;
}

/** Somebody may be writing in the chat of a page without scripts. */
const isOpen = ({ chat }: PageState) => chat?.phase === "open";

/** What is said below it, until the picture comes. */
export function LobbyWords(props: WatchProps) {
  const { page, watch } = props;
  const { state, now, sure } = watch;
  return (
    <>
      <PageHeader title={state.title} above={<Whose page={page} />} />
      <WhenLine {...props} />
      <PartOfSeries page={page} />
      <StartMoved {...props} />
      <p className="visually-hidden" role="status">
        {sure && soonWords(state, now)}
      </p>
      {/* Without scripts it stands in the stage's frame, which asks for the newest. */}
      <div className="host-note-place" data-needs-script={isOpen(state) ? "" : undefined}>
        <HostNote note={state.note} />
      </div>
      <p className="small" data-needs-script="">
        Stay on this page: the picture comes by itself.
      </p>
      <noscript>
        <p className="small">This page finds out by itself when it begins, and says so.</p>
      </noscript>
      <LateChecks connection={watch.connection} signalUrl={page.signalUrl} />
      <Cut watch={watch} />
      <ByWhat page={page} watch={watch} />
      <Description page={page} />
      <Ahead {...props} inWords />
    </>
  );
}
