import { useEffect, useState } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { SafeText } from "#app/components/safe-text.tsx";
import { Seats } from "#app/components/seats.tsx";
import { formatLength } from "#app/components/time-format.ts";
import { When } from "#app/components/when.tsx";
import { ChatPanel } from "../chat/chat-panel.tsx";
import type { PageState, PageViewers } from "../page-messages.ts";
import { passEnd } from "./pass-ends.tsx";
import { stageOf } from "./place.ts";
import type { WatchData } from "./watch-data.ts";
import type { WatchProps } from "./watch-page.tsx";

/** Which space and experience a stream belongs to. */
export function Whose({ page: { space, experience } }: { page: WatchData }) {
  const items = [
    { to: `/${space.slug}`, label: space.name },
    { to: `/${space.slug}/${experience.slug}`, label: experience.name },
  ];
  return <Breadcrumbs items={items} />;
}

export function Description({ page: { description } }: { page: WatchData }) {
  return description.length > 0 ? <SafeText paragraphs={description} /> : null;
}

/** By what somebody is here: their pass and until when, or the team with its way into the studio. */
export function ByWhat({ page, watch }: WatchProps) {
  const { role, pass, streamId, zone, streamZone } = page;
  if (role === "host" || role === "moderator") {
    return (
      <>
        <p className="small">You are on the team of this stream.</p>
        <ButtonLink to={`/account/streams/${streamId}`}>Open the studio</ButtonLink>
      </>
    );
  }
  if (!pass) return null;
  const until = passEnd({ page, watch }) ?? (pass.until === null ? pass.endsAt : null);
  const outlived = until !== null && until <= page.at;
  return (
    <p className="small">
      Your pass{" "}
      <b>
        <Bidi>{pass.name}</Bidi>
      </b>{" "}
      opens this stream
      {outlived ? (
        " to its end."
      ) : until ? (
        <>
          {" "}
          until <When at={until} zone={zone} streamZone={streamZone} />.
        </>
      ) : (
        ", without an end."
      )}
    </p>
  );
}

/** When it is and how long it takes, in one line. */
export function WhenLine({ page, watch: { state } }: WatchProps) {
  return (
    <p>
      <When at={state.startsAt} zone={page.zone} streamZone={page.streamZone} />, about{" "}
      {formatLength(page.lengthMinutes)}
    </p>
  );
}

/** How it comes again, where it does. */
export function PartOfSeries({ page: { series } }: { page: WatchData }) {
  return series ? <p className="small">Part of a series. {series}.</p> : null;
}

export const people = (count: number) =>
  count === 1 ? "1 person" : `${count.toLocaleString("en-GB")} people`;

/** Who is watching now, at most and altogether. */
export function House({ viewers: { now, peak, total } }: { viewers: PageViewers }) {
  return (
    <section className="house" aria-labelledby="house">
      <h2 className="visually-hidden" id="house">
        Audience
      </h2>
      <Seats count={now} words={`${people(now)} watching now`} />
      <Facts>
        <Fact label="Most at once">{peak.toLocaleString("en-GB")}</Fact>
        <Fact label="Watched so far">{total.toLocaleString("en-GB")}</Fact>
      </Facts>
    </section>
  );
}

/** Changes do not reach this page for a while; the picture has words of its own. */
export function Cut({ watch: { connection } }: Pick<WatchProps, "watch">) {
  const lost = connection === "lost";
  const [cut, setCut] = useState(false);
  useEffect(() => {
    setCut(false);
    if (!lost) return;
    // A restart of the server is over before this, and nobody's concern.
    const timer = setTimeout(() => setCut(true), 4_000);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <p className={cut ? "small" : "visually-hidden"} role="status">
      {cut && "You are cut off from us at the moment. This page comes back by itself."}
    </p>
  );
}

/** Whether the chat has a place on the page at all. */
export const hasChat = ({ chat }: PageState) => chat !== null && chat.phase !== "closed";

/** The chat of this page. `ready`: nothing more important is still being fetched. */
export function WatchChat({ page, watch, ready }: WatchProps & { ready: boolean }) {
  return (
    <ChatPanel
      streamId={watch.state.streamId}
      reports={watch.state.reports}
      path={page.path}
      userId={page.userId}
      role={page.role}
      chat={watch.state.chat}
      stage={stageOf(watch.state)}
      at={watch.at}
      onChat={watch.onChat}
      heard={watch.connection === "open"}
      ready={ready}
    />
  );
}
