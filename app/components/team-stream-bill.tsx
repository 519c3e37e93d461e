import { Link } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { BillItem, BillList } from "./bill.tsx";
import { ButtonLink } from "./button.tsx";
import { Tag } from "./tag.tsx";
import { describeMoment, formatLength, nameZone } from "./time-format.ts";

export type TeamBilled = {
  id: string;
  title: string;
  path: string;
  status: "scheduled" | "rehearsal" | "live" | "ended" | "cancelled";
  startsAt: string;
  timeZone: string;
  lengthMinutes: number;
  liveAt: string | null;
  endedAt: string | null;
  peakViewers: number;
  experienceName: string;
  overdue: boolean;
  /** How its series repeats, in words; null for one that is no part of a series. */
  series: string | null;
};

type TeamStreamBillProps = {
  streams: TeamBilled[];
  label: string;
  /** The reader's, if it is known. */
  zone: string | null;
  /** Hosts and owners have buttons; moderators see the list, and open the page that everybody sees. */
  mayHost: boolean;
  level?: 2 | 3;
};

/** A team's own streams, with what can be done with each. */
export function TeamStreamBill({ streams, label, zone, mayHost, level = 3 }: TeamStreamBillProps) {
  return (
    <BillList label={label}>
      {streams.map((stream) => (
        <BillItem
          key={stream.id}
          at={timeOf(stream)}
          zone={zone}
          streamZone={stream.timeZone}
          title={stream.title}
          to={mayHost && stream.status !== "cancelled" ? `/account/streams/${stream.id}` : stream.path}
          level={level}
          year={stream.status === "ended" || stream.status === "cancelled"}
          meta={<Meta stream={stream} zone={zone} />}
          actions={mayHost ? <Actions stream={stream} /> : undefined}
        />
      ))}
    </BillList>
  );
}

/** When it was or will be. */
const timeOf = ({ liveAt, startsAt }: TeamBilled) => liveAt ?? startsAt;

function Meta({ stream, zone }: { stream: TeamBilled; zone: string | null }) {
  const moment = describeMoment(timeOf(stream), zone, stream.timeZone);
  const elsewhere = [moment.yours ? undefined : nameZone(moment.zone), moment.other]
    .filter(Boolean)
    .join(", ");
  return (
    <>
      {stream.status === "live" && <Tag kind="live">Live now</Tag>}
      {stream.status === "rehearsal" && <Tag>In rehearsal</Tag>}
      {stream.status === "cancelled" && <Tag>Cancelled</Tag>}
      {stream.overdue && <Tag>Its time has come</Tag>}
      <Bidi>{stream.experienceName}</Bidi>
      <span className="num">{lengthOf(stream)}</span>
      {elsewhere && <span className="num">{elsewhere}</span>}
      {stream.series && <span>{stream.series}</span>}
      {stream.status === "ended" && <span className="num">{watched(stream.peakViewers)}</span>}
    </>
  );
}

function lengthOf({ liveAt, endedAt, lengthMinutes }: TeamBilled): string {
  if (!liveAt || !endedAt) return formatLength(lengthMinutes);
  return formatLength(Math.max(1, Math.round((Date.parse(endedAt) - Date.parse(liveAt)) / 60_000)));
}

function watched(peak: number): string {
  if (peak === 0) return "nobody watched";
  return `at most ${peak === 1 ? "1 viewer" : `${peak.toLocaleString("en-GB")} viewers`} at once`;
}

function Actions({ stream: { id, title, status } }: { stream: TeamBilled }) {
  const to = (page: string) => `/account/streams/${id}/${page}`;
  const open = status === "scheduled" || status === "rehearsal";
  return (
    <>
      {(open || status === "live") && (
        <ButtonLink to={`/account/streams/${id}`} aria-label={`Open the studio: ${title}`}>
          Open the studio
        </ButtonLink>
      )}
      {status === "ended" && (
        <Link to={to("recording")} aria-label={`Recording: ${title}`}>
          Recording
        </Link>
      )}
      {open && (
        <Link to={to("edit")} aria-label={`Edit: ${title}`}>
          Edit
        </Link>
      )}
      <Link to={to("duplicate")} aria-label={`Duplicate: ${title}`}>
        Duplicate
      </Link>
      {open && (
        <Link to={to("cancel")} aria-label={`Cancel stream: ${title}`}>
          Cancel stream
        </Link>
      )}
    </>
  );
}
