import { ButtonLink } from "#app/components/button.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { Ticket } from "#app/components/ticket.tsx";
import { Countdown } from "#app/components/ticking.tsx";
import { formatLength } from "#app/components/time-format.ts";
import { When } from "#app/components/when.tsx";
import { Ahead } from "./ahead.tsx";
import { HostNote } from "./lobby/host-note.tsx";
import { StartMoved } from "./lobby/start-moved.tsx";
import { ByWhat, Cut, Description, PartOfSeries, Whose } from "./pieces.tsx";
import type { WatchProps } from "./watch-page.tsx";

/** When it is, as a ticket. */
export function TimeTicket({ page, watch: { state, clock, now, sure } }: WatchProps) {
  const counts = sure && Date.parse(state.startsAt) > now;
  return (
    <Ticket
      spent={state.status === "cancelled"}
      stub={
        state.status === "scheduled" &&
        counts && (
          <>
            <span className="small">starts in</span>
            <Countdown to={state.startsAt} now={clock.at} heardMs={clock.heardMs} />
          </>
        )
      }
    >
      <When at={state.startsAt} zone={page.zone} streamZone={page.streamZone} size="hero" />
      <p className="small">About {formatLength(page.lengthMinutes)}.</p>
      {state.status !== "cancelled" && <PartOfSeries page={page} />}
    </Ticket>
  );
}

export function Announced(props: WatchProps) {
  const { page, watch } = props;
  return (
    <Page>
      <Two
        label="When it is"
        head={<PageHeader title={watch.state.title} above={<Whose page={page} />} />}
        aside={
          <>
            <TimeTicket {...props} />
            <Ahead {...props} spotlight />
            <ByWhat page={page} watch={watch} />
          </>
        }
      >
        <StartMoved {...props} />
        <HostNote note={watch.state.note} />
        <Description page={page} />
        <p className="small">
          The doors open 30 minutes before it starts. The stream, and its replay, will be on this page.
        </p>
        <Cut watch={watch} />
      </Two>
    </Page>
  );
}

export function Cancelled(props: WatchProps) {
  const { page, watch } = props;
  return (
    <Page>
      <Two label="When it would have been" aside={<TimeTicket {...props} />}>
        <PageHeader title={watch.state.title} above={<Whose page={page} />} />
        <Notice title="This stream was cancelled">
          It will not take place. What else is coming up stands on the page of the series.
        </Notice>
        <ButtonLink kind="go" to={`/${page.space.slug}/${page.experience.slug}`}>
          See what is coming up
        </ButtonLink>
        <Description page={page} />
      </Two>
    </Page>
  );
}
