import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { Desk } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { Rack, Stage } from "#app/components/stage.tsx";
import { Tag } from "#app/components/tag.tsx";
import { Elapsed } from "#app/components/ticking.tsx";
import { ChatPanel } from "../chat/chat-panel.tsx";
import type { PageConnection } from "../page-messages.ts";
import type { PageSocket } from "../page-socket.ts";
import { blankWords } from "./blank-words.ts";
import type { LineWords } from "./connection-words.ts";
import { EndStream, StopRehearsal } from "./end-forms.tsx";
import { GoLive } from "./go-live.tsx";
import { Cancelled, Ended } from "./over.tsx";
import { recordingWords } from "./recording-words.ts";
import { Side } from "./side.tsx";
import { type StudioView, studioView } from "./studio-view.ts";
import { TakeOver } from "./take-over.tsx";
import type { Recorder, StudioState, StudioViewers } from "./types.ts";
import { useStill } from "./use-still.ts";

const Booth = lazy(() => import("./booth.client.tsx"));

export type StudioPageProps = {
  streamId: string;
  userId: string;
  title: string;
  role: "host" | "moderator";
  /** This page's tab; null before it is known. */
  tab: string | null;
  state: StudioState;
  viewers: StudioViewers;
  /** How many said that they come, before it begins. */
  coming: number | null;
  /** The socket that keeps this page up to date. */
  connection: PageConnection;
  onChat: PageSocket["onChat"];
  recorder: Recorder;
  liveKey: string;
  /** The server's clock when the page was made (ISO). */
  now: string;
  zone: string | null;
  streamZone: string;
  lengthMinutes: number;
  series: string | null;
  watchUrl: string;
  watchPath: string;
  endedBy: string | null;
};

/** The studio in each of its states; what needs scripts or LiveKit comes after the page is there. */
export function StudioPage(props: StudioPageProps) {
  const { title, role, tab, state, now } = props;
  const [line, setLine] = useState<LineWords | null>(null);
  const view = studioView(state, { role, tab });
  const still = useStill(newestOf(state));
  const recording = recordingWords(state, { still });
  return (
    <Desk
      side={
        <>
          <Side {...props} recording={recording} line={line} />
          <StudioChat {...props} />
        </>
      }
    >
      <Breadcrumbs items={[{ to: "/account/streams", label: "Streams" }]} />
      <header className="studio-head">
        <h1 data-long={title.length > 60 || undefined}>
          <Bidi>{title}</Bidi>
        </h1>
        <StatusTag status={state.status} />
        {state.status === "live" && state.liveAt && (
          <span className="studio-time">
            <Elapsed since={state.liveAt} now={now} />
          </span>
        )}
      </header>
      {state.status === "live" && recording.lost && (
        <Notice role="alert" kind="error" title={recording.words}>
          {recording.note}
        </Notice>
      )}
      {state.status === "live" && state.hostAbsentSince && (
        <Notice role="status" title="The host is away">
          The audience sees that the host is reconnecting. If nobody comes back in time, the stream ends by
          itself.
        </Notice>
      )}
      {state.status === "live" &&
        state.recording?.blanks.map(blankWords).map(({ title, words }) => (
          <Notice key={title} role="status" title={title}>
            {words}
          </Notice>
        ))}
      <Middle {...props} view={view} onLine={setLine} />
    </Desk>
  );
}

/** What is to become newer while it records; null while it does not. */
const newestOf = ({ recording }: StudioState): string | null =>
  recording?.status === "recording" ? (recording.safeUntil ?? "nothing yet") : (recording?.safeUntil ?? null);

/** The chat of the same stream as its audience sees it; the booth's code comes first. */
function StudioChat({ streamId, watchPath, userId, role, state, now, onChat, connection }: StudioPageProps) {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), 1_500);
    return () => clearTimeout(timer);
  }, []);
  return (
    <ChatPanel
      {...{ streamId, userId, role, onChat, ready }}
      path={watchPath}
      chat={state.chat}
      // They stand beside it already.
      reports={null}
      at={now}
      heard={connection === "open"}
    />
  );
}

function StatusTag({ status }: { status: StudioState["status"] }) {
  const words = {
    scheduled: "Scheduled",
    rehearsal: "Rehearsal",
    live: "Live",
    ended: "Ended",
    cancelled: "Cancelled",
  };
  return <Tag kind={status === "live" ? "live" : "plain"}>{words[status]}</Tag>;
}

type MiddleProps = StudioPageProps & { view: StudioView; onLine: (line: LineWords | null) => void };

function Middle(props: MiddleProps) {
  const { view, streamId, tab, state, role } = props;
  const studioPath = `/account/streams/${streamId}`;
  const end =
    state.status === "live" ? (
      <EndStream studioPath={studioPath} />
    ) : state.status === "rehearsal" && role === "host" ? (
      <StopRehearsal studioPath={studioPath} />
    ) : null;
  switch (view.kind) {
    case "ended":
      return <Ended {...props} mayDownload={role === "host"} />;
    case "cancelled":
      return <Cancelled studioPath={studioPath} />;
    case "moderator":
      return (
        <>
          <Stage lit>
            <h2>{moderatorWords(view)}</h2>
            <p>
              You keep order here; a host broadcasts. Open the page as a viewer to see and hear the stream.
            </p>
          </Stage>
          {end && <Rack label="The stream">{end}</Rack>}
        </>
      );
    case "elsewhere":
    case "resume":
      return (
        <>
          <NeedsScripts />
          <TakeOver studioPath={studioPath} tab={tab} view={view} />
          {end && <Rack label="The stream">{end}</Rack>}
        </>
      );
    case "opening":
      return <Opening end={end} />;
    case "green-room":
    case "here": {
      if (tab === null) return <Opening end={end} />;
      const stage = view.kind === "green-room" ? "before" : view.live ? "live" : "rehearsal";
      return (
        <BoothWhenReady fallback={<Opening end={end} />}>
          <Booth streamId={streamId} tab={tab} stage={stage} end={end} onLine={props.onLine}>
            {(ready) =>
              stage !== "live" && (
                <GoLive
                  studioPath={studioPath}
                  tab={tab}
                  liveKey={props.liveKey}
                  recorder={props.recorder}
                  ready={ready}
                  rehearsing={stage === "rehearsal"}
                />
              )
            }
          </Booth>
        </BoothWhenReady>
      );
    }
  }
}

function moderatorWords({ status, name }: Extract<StudioView, { kind: "moderator" }>): string {
  if (status === "scheduled") return "Nobody broadcasts yet";
  const who = name ?? "Nobody";
  return status === "live" ? `${who} is live here` : `${who} is rehearsing here`;
}

/** Until the page knows its tab and has the studio's code; for good where no script runs. */
function Opening({ end }: { end: ReactNode }) {
  return (
    <>
      <NeedsScripts />
      <div data-needs-script="">
        <Stage>
          <p>Opening the studio…</p>
        </Stage>
      </div>
      {end && <Rack label="The stream">{end}</Rack>}
    </>
  );
}

function NeedsScripts() {
  return (
    <noscript>
      <Notice title="Broadcasting needs scripts">
        No JavaScript runs on this page: it is not allowed, or has not arrived. A camera cannot be sent
        without it. Allow it, where you have not, and load the page again. What is running can still be ended
        here.
      </Notice>
    </noscript>
  );
}

/** The studio's code is only asked for in a browser. */
function BoothWhenReady({ fallback, children }: { fallback: ReactNode; children: ReactNode }) {
  const [mounted, setMounted] = useState(false);
  useEffect(() => setMounted(true), []);
  return mounted ? <Suspense fallback={fallback}>{children}</Suspense> : fallback;
}
