import { Seats } from "#app/components/seats.tsx";
import { Stage } from "#app/components/stage.tsx";
import { Countdown } from "#app/components/ticking.tsx";
import { When } from "#app/components/when.tsx";
import type { PageState } from "../../page-messages.ts";
import type { ServerClock } from "../server-clock.ts";
import { lobbyWords } from "./lobby-words.ts";

type LobbyStageProps = {
  state: Pick<PageState, "startsAt" | "preparing">;
  /** The server's clock; `heardMs` is left out where no script counts on. */
  clock: Pick<ServerClock, "at"> & Partial<ServerClock>;
  /** The same in ms, as of the last words. */
  now: number;
  /** Whether it can be counted from. */
  sure: boolean;
  /** How many people are here. */
  here: number;
  zone: string | null;
  streamZone: string;
  /** Without scripts a frame stands in its place. */
  needsScript?: boolean;
};

/** The stage before the show: how long it takes, or what to expect when it takes longer; and who else is here. */
export function LobbyStage({
  state,
  clock,
  now,
  sure,
  here,
  zone,
  streamZone,
  needsScript,
}: LobbyStageProps) {
  const { startsAt } = state;
  const { said, expect } = lobbyWords(state, now);
  const counts = Date.parse(startsAt) > now && sure;
  const people = here === 1 ? "1 person is here" : `${here.toLocaleString("en-GB")} people are here`;
  return (
    <Stage lit needsScript={needsScript}>
      <p className="small" role="status">
        {said}
      </p>
      {Date.parse(startsAt) <= now && <p className="small">Planned for</p>}
      <p className="when-huge">
        {counts ? (
          <Countdown to={startsAt} now={clock.at} heardMs={clock.heardMs} />
        ) : (
          <When at={startsAt} zone={zone} streamZone={streamZone} size="time" />
        )}
      </p>
      {expect && <p className="small lobby-expect">{expect}</p>}
      <Seats count={here} words={people} />
    </Stage>
  );
}
