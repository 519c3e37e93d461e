import { useLocation } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { PassOpener } from "#app/components/pass-opener.tsx";
import { Tag } from "#app/components/tag.tsx";
import { When } from "#app/components/when.tsx";
import { Ahead } from "./ahead.tsx";
import { TimeTicket } from "./before.tsx";
import { Cut, Description, Whose } from "./pieces.tsx";
import type { WatchData } from "./watch-data.ts";
import type { WatchProps } from "./watch-page.tsx";

/** For who may not watch: why, what opens it, and how to get that. */
export function Refused(props: WatchProps) {
  const { page, watch } = props;
  const ahead = watch.state.status === "scheduled";
  const head = <PageHeader title={watch.state.title} above={<Whose page={page} />} />;
  return (
    <Page>
      <Two
        label={ahead ? "When it is" : "What it is about"}
        head={ahead && head}
        aside={
          ahead ? (
            <>
              <TimeTicket {...props} />
              <Ahead {...props} />
            </>
          ) : (
            <Description page={page} />
          )
        }
      >
        {!ahead && head}
        <NowWhat {...props} />
        <Why {...props} />
        <Openers page={page} />
        {ahead && <Description page={page} />}
        <Cut watch={watch} />
      </Two>
    </Page>
  );
}

/** Why not, and the way to another address. */
function Why({ page }: WatchProps) {
  const { refusal, email, zone, streamZone } = page;
  const { pathname } = useLocation();
  if (!refusal) {
    return (
      <Notice title="Your access to this stream has ended." role="status">
        One moment, we are finding out why.
      </Notice>
    );
  }
  const { sentence, next, ban } = refusal;
  return (
    <Notice title={sentence}>
      {ban?.reason && (
        <p>
          The reason they gave: <Bidi>{ban.reason}</Bidi>
        </p>
      )}
      {ban && (
        <p>
          {ban.until ? (
            <>
              The ban ends <When at={ban.until} zone={zone} streamZone={streamZone} />.
            </>
          ) : (
            "The ban has no end."
          )}
        </p>
      )}
      {next && <p>{next}</p>}
      {email && !next.includes(email) && (
        <p>
          You are signed in as <Bidi>{email}</Bidi>.
        </p>
      )}
      <p className="row">
        <ButtonLink to={`/sign-in?to=${encodeURIComponent(pathname)}`}>
          {email ? "Use another address" : "Sign in"}
        </ButtonLink>
      </p>
    </Notice>
  );
}

/** What is going on behind the door. */
function NowWhat({ page, watch: { state } }: WatchProps) {
  if (state.status === "live") {
    return (
      <p className="row">
        <Tag kind="live">Live now</Tag>
        {state.liveAt && (
          <span className="small">
            since <When at={state.liveAt} zone={page.zone} streamZone={page.streamZone} size="time" />
          </span>
        )}
      </p>
    );
  }
  if (state.status === "ended") {
    return (
      <p className="small">
        {state.liveAt && (
          <>
            It was live on <When at={state.liveAt} zone={page.zone} streamZone={page.streamZone} />.{" "}
          </>
        )}
        {state.recording?.status === "ready"
          ? "Its replay is here."
          : "If it was recorded, its replay will be here."}
      </p>
    );
  }
  return null;
}

function Openers({ page: { refusal, space, zone, ahead } }: { page: WatchData }) {
  const { pathname } = useLocation();
  if (!refusal?.passHelps) return null;
  const { openers } = refusal;
  const offered = openers.filter(({ barred }) => barred === null);
  return (
    <section className="part">
      <h2>What opens it</h2>
      {offered.length > 1 && <p className="small">Any one of these is enough.</p>}
      {openers.map((pass, index) => (
        <PassOpener
          key={pass.passId}
          pass={pass}
          zone={zone}
          to={`${pass.path}?to=${encodeURIComponent(pathname)}`}
          spotlight={index === 0 && !ahead?.asked}
        />
      ))}
      {offered.length === 0 && (
        <>
          <p>
            {openers.length > 0 ? "No other pass" : "No pass"} that opens it is offered at the moment. Ask{" "}
            <Bidi>{space.name}</Bidi> for one.
          </p>
          <ButtonLink to={`/${space.slug}`}>To the space</ButtonLink>
        </>
      )}
    </section>
  );
}
