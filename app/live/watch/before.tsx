import { ButtonLink } from "#app/components/button.tsx";
import { Page, Two, Watch as WatchLayout } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { Seats } from "#app/components/seats.tsx";
import { Stage } from "#app/components/stage.tsx";
import { Ticket } from "#app/components/ticket.tsx";
import { Countdown } from "#app/components/ticking.tsx";
import { formatLength } from "#app/components/time-format.ts";
import { When } from "#app/components/when.tsx";
import { Ahead } from "./ahead.tsx";
import { PassEnds } from "./pass-ends.tsx";
import { ByWhat, Cut, Description, hasChat, people, WatchChat, WhenLine, Whose } from "./pieces.tsx";
import type { WatchProps } from "./watch-page.tsx";

/** When it is, as a ticket. */
export function TimeTicket({ page, watch: { state, at } }: WatchProps) {
  const ahead = Date.parse(state.startsAt) > Date.parse(at);
  return (
    <Ticket
      spent={state.status === "cancelled"}
      stub={
        state.status === "scheduled" &&
        ahead && (
          <>
            <span className="small">starts in</span>
            <Countdown to={state.startsAt} now={at} />
          </>
        )
      }
    >
      <When at={state.startsAt} zone={page.zone} streamZone={page.streamZone} size="hero" />
      <p className="small">About {formatLength(page.lengthMinutes)}.</p>
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
        <Description page={page} />
        <p className="small">
          The doors open 30 minutes before it starts. The stream, and its replay, will be on this page.
        </p>
        <Cut watch={watch} />
      </Two>
    </Page>
  );
}

export function Lobby(props: WatchProps) {
  const { page, watch } = props;
  const { state, at, viewers } = watch;
  const ahead = Date.parse(state.startsAt) > Date.parse(at);
  const here = viewers?.now ?? 0;
  return (
    <WatchLayout
      side={hasChat(watch.state) && <WatchChat {...props} ready />}
      stage={
        <>
          <Stage lit>
            <p className="small">
              {ahead ? "Doors are open. The host is preparing." : "Doors are open. It begins any moment."}
            </p>
            <p className="when-huge">
              {ahead ? (
                <Countdown to={state.startsAt} now={at} />
              ) : (
                <When at={state.startsAt} zone={page.zone} streamZone={page.streamZone} size="time" />
              )}
            </p>
            <Seats count={here} words={here === 1 ? "1 person is here" : `${people(here)} are here`} />
          </Stage>
          <PassEnds {...props} />
        </>
      }
    >
      <PageHeader title={state.title} above={<Whose page={page} />} />
      <WhenLine {...props} />
      <p className="small" data-needs-script="">
        Stay on this page: the picture comes by itself.
      </p>
      <noscript>
        <p className="small">This page finds out by itself when it begins, and says so.</p>
      </noscript>
      <Cut watch={watch} />
      <ByWhat page={page} watch={watch} />
      <Description page={page} />
    </WatchLayout>
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
