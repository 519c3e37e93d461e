import { BillItem, BillList } from "./bill.tsx";
import { Bidi } from "./bidi.tsx";
import { ButtonLink } from "./button.tsx";
import { Tag } from "./tag.tsx";
import { describeMoment, formatLength, nameZone } from "./time-format.ts";
import { ZoneNote } from "./when.tsx";

export type BilledStream = {
  id: string;
  title: string;
  path: string;
  status: "scheduled" | "live" | "ended";
  startsAt: string;
  timeZone: string;
  lengthMinutes: number;
  liveAt: string | null;
  hasReplay: boolean;
  experienceName: string;
  spaceName: string;
};

type StreamBillProps = {
  streams: BilledStream[];
  zone: string | null;
  label: string;
  level?: 2 | 3 | 4;
  /** What stands beside the length: in a list of one experience neither. */
  with?: "space" | "experience";
  /** The first live one gets the spotlight: the next thing to do on this page. */
  spotlight?: boolean;
};

/** Streams for people who watch: live ones with the way in, others with their time, those that are over with their replay. */
export function StreamBill({ streams, zone, label, level, with: beside, spotlight }: StreamBillProps) {
  return (
    <BillList label={label}>
      {streams.map((stream, index) => (
        <BillItem
          key={stream.id}
          at={momentOf(stream)}
          zone={zone}
          streamZone={stream.timeZone}
          title={stream.title}
          to={stream.path}
          level={level}
          year={stream.status === "ended"}
          meta={<Meta stream={stream} beside={beside} zone={zone} />}
          actions={<Way stream={stream} first={spotlight === true && index === 0} />}
        />
      ))}
    </BillList>
  );
}

type BillZoneProps = { zone: string | null; lists: BilledStream[][] };

/** Once on a page, below its lists: in which zone their times are. Where the reader's is not known, each line says it. */
export function BillZone({ zone, lists }: BillZoneProps) {
  return zone && lists.some((list) => list.length > 0) ? <ZoneNote zone={zone} /> : null;
}

/** When it really began, once it has. */
const momentOf = (stream: BilledStream) =>
  stream.status === "ended" || stream.status === "live"
    ? (stream.liveAt ?? stream.startsAt)
    : stream.startsAt;

/** The time where a stream is made, where that differs; for a reader whose zone is not known, which zone was shown, and UTC. */
export function otherClock(at: string, zone: string | null, streamZone: string): string | undefined {
  const moment = describeMoment(at, zone, streamZone);
  const shown = zone ? undefined : nameZone(moment.zone);
  return [shown, moment.other].filter(Boolean).join(", ") || undefined;
}

type MetaProps = { stream: BilledStream; beside: StreamBillProps["with"]; zone: string | null };

function Meta({ stream, beside, zone }: MetaProps) {
  return (
    <>
      {stream.status === "live" && <Tag kind="live">Live now</Tag>}
      {beside === "space" && <Bidi>{stream.spaceName}</Bidi>}
      {beside && <Bidi>{stream.experienceName}</Bidi>}
      {stream.status !== "ended" && <span className="num">{formatLength(stream.lengthMinutes)}</span>}
      {stream.status !== "ended" && <Elsewhere stream={stream} zone={zone} />}
      {stream.status === "ended" && (stream.hasReplay ? <span>Replay</span> : <span>Over</span>)}
    </>
  );
}

function Elsewhere({ stream, zone }: { stream: BilledStream; zone: string | null }) {
  const words = otherClock(momentOf(stream), zone, stream.timeZone);
  return words ? <span className="num">{words}</span> : null;
}

function Way({ stream, first }: { stream: BilledStream; first: boolean }) {
  if (stream.status === "live") {
    return (
      <ButtonLink kind={first ? "go" : "plain"} to={stream.path} aria-label={`Watch now: ${stream.title}`}>
        Watch now
      </ButtonLink>
    );
  }
  if (stream.status === "ended" && stream.hasReplay) {
    return (
      <ButtonLink to={stream.path} aria-label={`Watch the replay: ${stream.title}`}>
        Watch the replay
      </ButtonLink>
    );
  }
  return null;
}
