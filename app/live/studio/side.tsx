import { Link } from "@remix-run/react";
import { reportsWords } from "../chat/chat-words.ts";
import { ButtonLink } from "#app/components/button.tsx";
import { CopyLink } from "#app/components/copy-link.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { Seats } from "#app/components/seats.tsx";
import { formatLength } from "#app/components/time-format.ts";
import { When } from "#app/components/when.tsx";
import type { PageConnection } from "../page-messages.ts";
import type { LineWords } from "./connection-words.ts";
import { LobbyNote } from "./lobby-note.tsx";
import type { RecordingWords } from "./recording-words.ts";
import type { StudioState, StudioViewers } from "./types.ts";

type SideProps = {
  streamId: string;
  role: "host" | "moderator";
  state: StudioState;
  recording: RecordingWords;
  viewers: StudioViewers;
  coming: number | null;
  line: LineWords | null;
  connection: PageConnection;
  zone: string | null;
  streamZone: string;
  lengthMinutes: number;
  /** Of which series it is a part, in words; null where of none. */
  series: string | null;
  watchUrl: string;
  watchPath: string;
};

/** What a host keeps an eye on. */
export function Side({
  streamId,
  role,
  state,
  recording,
  viewers,
  coming,
  line,
  connection,
  zone,
  streamZone,
  lengthMinutes,
  series,
  watchUrl,
  watchPath,
}: SideProps) {
  const { status } = state;
  const was = status === "live" || status === "ended";
  // Why not is told at the head of the page, at once.
  const isLost = status === "live" && recording.lost;
  const many = (number: number) => number.toLocaleString("en-GB");
  return (
    <>
      <Facts>
        {!was && (
          <>
            <Fact label="Starts">
              <When at={state.startsAt} zone={zone} streamZone={streamZone} />
            </Fact>
            <Fact label="Planned for">{formatLength(lengthMinutes)}</Fact>
            {series && <Fact label="Part of a series">{series}</Fact>}
            {coming !== null && (
              <Fact
                label="Coming"
                note={role === "host" && <Link to={`/account/streams/${streamId}/coming`}>See who</Link>}
              >
                {many(coming)}
              </Fact>
            )}
          </>
        )}
        {status !== "cancelled" && status !== "ended" && (
          <Fact label={status === "live" ? "Watching now" : "In the lobby now"}>{many(viewers.now)}</Fact>
        )}
        {was && <Fact label="Most at once">{many(viewers.peak)}</Fact>}
        {was && <Fact label="In total">{many(viewers.total)}</Fact>}
        {line && (
          <Fact label="Your connection" note={line.note} good={line.good}>
            <span role="status">{line.words}</span>
          </Fact>
        )}
        {was && (
          <Fact label="Recording" note={isLost ? undefined : recording.note} good={recording.good}>
            {isLost ? recording.words.split(":")[0] : recording.words}
          </Fact>
        )}
      </Facts>
      <p className="small studio-said" role="status">
        {socketWords[connection]}
      </p>
      {(status === "live" || status === "scheduled" || status === "rehearsal") && (
        <Seats
          count={viewers.now}
          words={
            viewers.now === 0
              ? "Nobody is here yet."
              : viewers.now === 1
                ? "1 person is here."
                : `${many(viewers.now)} people are here.`
          }
        />
      )}
      {status !== "cancelled" && <CopyLink url={watchUrl} label="Link for your audience" />}
      <p className="row">
        <ButtonLink to={watchPath} target="_blank" reloadDocument>
          See it as a viewer
        </ButtonLink>
        <ButtonLink to={`/account/streams/${streamId}/reports`}>
          {reportsWords(state.reports ?? 0)}
        </ButtonLink>
        <ButtonLink to={`/account/streams/${streamId}/mail`}>Mail</ButtonLink>
        {status === "scheduled" && role === "host" && (
          <ButtonLink to={`/account/streams/${streamId}/edit`}>Change words or time</ButtonLink>
        )}
      </p>
      {(status === "scheduled" || status === "rehearsal") && role === "host" && (
        <LobbyNote studioPath={`/account/streams/${streamId}`} note={state.note} />
      )}
    </>
  );
}

const socketWords: Record<PageConnection, string> = {
  connecting: "",
  open: "",
  lost: "This page is not being kept up to date right now. Reconnecting…",
  refused: "You are no longer on the team of this stream.",
  "signed-out": "You are signed out. Sign in again in another tab, then reload this page.",
  gone: "This stream is gone.",
};
