import { Link } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { CopyLink } from "./copy-link.tsx";
import { Notice } from "./notice.tsx";
import { When } from "./when.tsx";

export type StreamNewsWords = {
  what: "scheduled" | "saved" | "cancelled";
  id: string;
  title: string;
  /** ISO */
  startsAt: string;
  timeZone: string;
  /** Of its public page. */
  url: string;
  /** How its series repeats, in words; null for one that is no part of a series. */
  series: string | null;
  /** All that follow in the series are meant, too. */
  following: boolean;
};

/** Above a team's streams, after a form: what was done with which of them, and what comes next. */
export function StreamNews({ news, zone }: { news: StreamNewsWords; zone: string | null }) {
  const { what, id, title, startsAt, timeZone, url, series, following } = news;
  return (
    <Notice role="status">
      <p>
        <strong>
          <Bidi>{`“${title}”`}</Bidi> is {what}
          {following && ", and so are those that follow"}.
        </strong>
      </p>
      {what === "cancelled" ? (
        <p>
          Its page says so. <Link to={`/account/streams/${id}/duplicate`}>Schedule a copy</Link>
        </p>
      ) : (
        <>
          <p>
            It starts <When at={startsAt} zone={zone} streamZone={timeZone} />.{" "}
            <Link to={`/account/streams/${id}`}>Open its studio</Link>
          </p>
          {series && what === "scheduled" && <p>{series}. The next ones stand below.</p>}
          {what === "scheduled" && <CopyLink url={url} label="Its page, to share" />}
        </>
      )}
    </Notice>
  );
}
