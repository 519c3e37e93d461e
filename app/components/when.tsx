import { type Moment, describeMoment, nameZone } from "./time-format.ts";

type WhenProps = {
  /** The instant, ISO. */
  at: string;
  /** The reader's zone, or null before it is known. */
  zone?: string | null;
  /** The zone of the place the stream is made at. */
  streamZone?: string | null;
  /**
   * `hero`: day, large time, zones, for a ticket or a page's head. `line`: all of it in one line. `day` and `time`: only
   * that, for a list whose zone is told beside it by `ZoneNote`.
   */
  size?: "hero" | "line" | "day" | "time";
};

/** When something is, on the reader's clock, with its zone named. */
export function When({ at, zone, streamZone, size = "line" }: WhenProps) {
  const moment = describeMoment(at, zone, streamZone);
  if (size === "hero") return <HeroWhen at={at} moment={moment} />;
  const words =
    size === "time" ? moment.time : size === "day" ? moment.shortDay : `${moment.shortDay}, ${moment.time}`;
  return (
    <span className="when">
      <time className="num" dateTime={at}>
        {words}
      </time>
      {size === "line" && (
        <span className="small">
          {" "}
          {nameZone(moment.zone)}
          {moment.other && ` (${moment.other})`}
        </span>
      )}
    </span>
  );
}

function HeroWhen({ at, moment }: { at: string; moment: Moment }) {
  return (
    <div className="when-hero">
      <time dateTime={at}>
        <span className="small">{moment.day}</span>
        <span className="visually-hidden">, </span>
        <span className="poster num when-large">{moment.time}</span>
      </time>
      <p className="small">
        {moment.yours ? `Your time, ${nameZone(moment.zone)}.` : `In ${nameZone(moment.zone)}.`}
        {moment.other && (
          <>
            <br />
            {moment.yours ? `${moment.other}, where it is made.` : `${moment.other}.`}
          </>
        )}
      </p>
    </div>
  );
}

/** Beside a list of times: in which zone they are. */
export function ZoneNote({ zone, streamZone }: { zone?: string | null; streamZone?: string | null }) {
  const moment = describeMoment("2000-01-01T00:00:00Z", zone, streamZone);
  return <p className="small">{`Times are ${moment.yours ? "yours, " : "in "}${nameZone(moment.zone)}.`}</p>;
}
