import { Link } from "@remix-run/react";
import type { ReactNode } from "react";
import { Bidi } from "./bidi.tsx";
import { describeMoment } from "./time-format.ts";

/** Streams as on a playbill; holds `BillItem`s. `label` names the list for a screen reader. */
export function BillList({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <ul className="bill" aria-label={label}>
      {children}
    </ul>
  );
}

type BillItemProps = {
  at: string;
  zone?: string | null;
  streamZone?: string | null;
  title: string;
  to: string;
  /** Below the title: length, experience, a tag. */
  meta?: ReactNode;
  /** Below that, a sentence. */
  about?: string;
  actions?: ReactNode;
  /** With the year, for what is long past. */
  year?: boolean;
  /** The heading's level: one more than that of the list's own heading. */
  level?: 2 | 3 | 4;
};

export function BillItem({
  at,
  zone,
  streamZone,
  title,
  to,
  meta,
  about,
  actions,
  year,
  level = 3,
}: BillItemProps) {
  const moment = describeMoment(at, zone, streamZone);
  const Heading = `h${level}` as const;
  return (
    <li className="bill-item">
      <time className="bill-when" dateTime={at}>
        <span className="poster num bill-day">{moment.dayOfMonth}</span>{" "}
        <span className="small num">
          <span className="nowrap">
            {year ? `${moment.month} ${moment.year}` : `${moment.weekday}, ${moment.month}`}
          </span>{" "}
          <span className="nowrap">{year ? `${moment.weekday}, ${moment.time}` : moment.time}</span>
        </span>
      </time>
      <div className="bill-what">
        <Heading className="bill-title">
          <Link to={to}>
            <Bidi>{title}</Bidi>
          </Link>
        </Heading>
        {meta && <div className="small row">{meta}</div>}
        {about && (
          <p className="small">
            <Bidi>{about}</Bidi>
          </p>
        )}
      </div>
      {actions && <div className="row bill-actions">{actions}</div>}
    </li>
  );
}
