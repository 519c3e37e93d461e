import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { BillZone, StreamBill } from "#app/components/stream-bill.tsx";
import { When } from "#app/components/when.tsx";
import { findWatchable, listHeld } from "#app/domain/experiences/watchable.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("What you can watch", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = await requireViewer({ request, context });
  const [watchable, held] = await Promise.all([
    findWatchable(context.db, { userId: viewer.userId }, { upcoming: 20, past: 20 }),
    listHeld(context.db, { userId: viewer.userId }),
  ]);
  const shown = held.map(({ description: _, ...experience }) => experience);
  return {
    ...watchable,
    open: shown.filter(
      ({ open, started, status, banned }) => open || (status === "active" && !started && !banned),
    ),
    over: shown.filter(({ status, banned }) => status !== "active" || banned),
    zone: readTimeZone(request, viewer.timeZone),
  };
}

export default function WhatIWatch() {
  const { live, upcoming, past, open, over, zone } = useLoaderData<typeof loader>();
  if (open.length + over.length === 0)
    return (
      <Page>
        <PageHeader title="What you can watch" />
        <EmptyList
          next={
            <ButtonLink kind="go" to="/explore">
              See what is on
            </ButtonLink>
          }
        >
          You hold no pass yet. What your passes open stands here: live streams first, then what comes up,
          then replays.
        </EmptyList>
      </Page>
    );
  return (
    <Page>
      <PageHeader title="What you can watch" />
      <Two
        label="Your experiences"
        aside={
          <>
            {open.length > 0 && (
              <section className="part">
                <h2>Open to you</h2>
                <Facts>
                  {open.map((experience) => (
                    <Fact
                      key={experience.id}
                      label={
                        <Link to={`/account/experiences/${experience.id}`}>
                          <Bidi>{experience.name}</Bidi>
                        </Link>
                      }
                      note={<Bidi>{experience.spaceName}</Bidi>}
                    >
                      <Until {...experience} zone={zone} />
                    </Fact>
                  ))}
                </Facts>
              </section>
            )}
            {over.length > 0 && (
              <section className="part">
                <h2>Has run out</h2>
                <Facts>
                  {over.map((experience) => (
                    <Fact
                      key={experience.id}
                      label={
                        <Link to={`/account/experiences/${experience.id}`}>
                          <Bidi>{experience.name}</Bidi>
                        </Link>
                      }
                      note={<Bidi>{experience.spaceName}</Bidi>}
                    >
                      {experience.banned ? (
                        "You are shut out"
                      ) : (
                        <>
                          {
                            { expired: "Ran out", cancelled: "Taken back", refunded: "Refunded", active: "" }[
                              experience.status
                            ]
                          }{" "}
                          <When at={experience.changedAt} zone={zone} size="day" />
                        </>
                      )}
                    </Fact>
                  ))}
                </Facts>
              </section>
            )}
            <p className="small">
              All that you hold and held: <Link to="/account/grants">your passes</Link>
            </p>
          </>
        }
      >
        {live.length > 0 && (
          <section className="part">
            <h2>Live now</h2>
            <StreamBill streams={live} zone={zone} label="Live now" with="space" spotlight />
          </section>
        )}
        <section className="part">
          <h2>Coming up</h2>
          {upcoming.length === 0 ? (
            <EmptyList next={<ButtonLink to="/explore">See what else is on</ButtonLink>}>
              Streams that your passes open stand here as soon as they are announced.
            </EmptyList>
          ) : (
            <StreamBill streams={upcoming} zone={zone} label="Coming up" with="space" />
          )}
        </section>
        <section className="part">
          <h2>Replays</h2>
          {past.length === 0 ? (
            <EmptyList>Streams that are over stand here, as soon as they can be watched again.</EmptyList>
          ) : (
            <StreamBill streams={past} zone={zone} label="Replays" with="space" />
          )}
        </section>
        <BillZone zone={zone} lists={[live, upcoming, past]} />
      </Two>
    </Page>
  );
}

function Until({
  started,
  startsAt,
  endsAt,
  zone,
}: {
  started: boolean;
  startsAt: string;
  endsAt: string | null;
  zone: string | null;
}) {
  if (!started)
    return (
      <>
        From <When at={startsAt} zone={zone} size="day" />
      </>
    );
  return endsAt ? (
    <>
      Until <When at={endsAt} zone={zone} size="day" />
    </>
  ) : (
    <>No end</>
  );
}

export { FailureBoundary as ErrorBoundary };
