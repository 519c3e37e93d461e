import type { ReactNode } from "react";
import { Stage } from "#app/components/stage.tsx";
import type { PageState } from "../../page-messages.ts";
import { dropped } from "../live-words.ts";
import { lobbyRefreshSeconds, type Place, placeOf } from "../place.ts";
import { HostNote } from "./host-note.tsx";
import { LobbyStage } from "./lobby-stage.tsx";
import { MovedWords } from "./start-moved.tsx";

/** What the loader of the stage's frame gives; times are ISO. */
export type StageFrameData = {
  lights: boolean;
  /** The watch page's own path. */
  path: string;
  /** The database's clock when this was read. */
  at: string;
  state: PageState;
  /** The start that the page around it says, where it is another one now. */
  movedFrom: string | null;
  here: number;
  /** Something is being recorded. */
  recorded: boolean;
  /** Other devices of the person have all places of their pass. */
  noPlace: boolean;
  zone: string | null;
  streamZone: string;
};

const placeNow = ({ state, at }: StageFrameData): Place => placeOf(state, Date.parse(at));

/** After how many seconds the frame asks again; a picture that plays would begin anew. */
export function stageRefreshSeconds(page: StageFrameData): number | undefined {
  const place = placeNow(page);
  if (place === "lobby") return lobbyRefreshSeconds(page.state, Date.parse(page.at));
  if (place === "announced" || place === "rehearsal") return 60;
  const plays = page.state.liveRecordingId !== null && !page.noPlace;
  return place === "live" && !plays ? 5 : undefined;
}

/** The stage without scripts: the wait, the picture, or what has become of it. */
export function StageFrame({ page }: { page: StageFrameData }) {
  const { state, at, movedFrom, here, zone, streamZone, path } = page;
  switch (placeNow(page)) {
    case "announced":
    case "lobby":
      return (
        <div className="stage-page">
          <LobbyStage {...{ state, here, zone, streamZone }} clock={{ at }} now={Date.parse(at)} sure />
          {movedFrom && <MovedWords {...{ zone, streamZone }} from={movedFrom} startsAt={state.startsAt} />}
          <HostNote note={state.note} />
        </div>
      );
    case "live":
      return <Live page={page} />;
    case "rehearsal":
      return <Said path={path}>The rehearsal has begun.</Said>;
    case "ended":
      return <Said path={path}>The stream has ended.</Said>;
    case "cancelled":
      return <Said path={path}>This stream was cancelled.</Said>;
    case "refused":
      return <Said path={path}>Your access to this stream has ended.</Said>;
  }
}

function Live({ page: { state, path, recorded, noPlace } }: { page: StageFrameData }) {
  if (noPlace)
    return <Said path={path}>It is live, and other devices of yours have all places of your pass.</Said>;
  if (state.liveRecordingId === null) {
    return (
      <Said path={path}>
        {recorded
          ? "The stream is live. The picture comes here in some seconds."
          : "The stream is live. Nothing is recorded of it, and without JavaScript only what is recorded can be watched. Switch JavaScript on to see the live picture."}
      </Said>
    );
  }
  const playlist = `/media/${state.streamId}/${state.liveRecordingId}/live.m3u8`;
  return (
    <div className="stage-page">
      <Stage
        screen={
          // Nobody has touched this page: a browser begins by itself only what makes no sound.
          <video autoPlay muted controls playsInline aria-label="The live picture, with a delay">
            <source src={playlist} type="application/vnd.apple.mpegurl" />
            Your browser cannot show videos.
          </video>
        }
      />
      {state.hostAbsentSince && <p className="small">{dropped}</p>}
      <p className="small">
        The stream is live. Turn its sound on below the picture. Where that does not begin, as in Chrome, see{" "}
        <a href={`${path}?so-far`}>what is recorded so far</a>; <a href={path}>load the whole page</a> for all
        that goes with it.
      </p>
    </div>
  );
}

function Said({ path, children }: { path: string; children: ReactNode }) {
  return (
    <div className="stage-page">
      <Stage lit>
        <p className="live-words" role="status">
          {children}
        </p>
        <p>
          <a href={path}>Load the whole page</a>
        </p>
      </Stage>
    </div>
  );
}
