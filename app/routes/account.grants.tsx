import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { OwnRequests, OwnWaits } from "#app/components/own-lists.tsx";
import { atExpiryWords, Opens } from "#app/components/pass-ticket.tsx";
import { Ticket, TicketTitle } from "#app/components/ticket.tsx";
import { When } from "#app/components/when.tsx";
import { listOwnGrants } from "#app/domain/grants/lists.ts";
import { listOwnRequests } from "#app/domain/passes/request-lists.ts";
import { listOwnWaits } from "#app/domain/passes/waits.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Your passes", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = await requireViewer({ request, context });
  const { userId } = viewer;
  const [held, waits, requests] = await Promise.all([
    listOwnGrants(context.db, userId),
    listOwnWaits(context.db, userId),
    listOwnRequests(context.db, userId),
  ]);
  const grants = held.map(({ startsAt, endsAt, statusChangedAt, experiences, ...grant }) => ({
    ...grant,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt?.toISOString() ?? null,
    statusChangedAt: statusChangedAt.toISOString(),
    experiences: experiences.map(({ name }) => name),
    runs: grant.status === "active" && !grant.spaceRetired,
  }));
  return {
    running: grants.filter(({ runs }) => runs),
    spent: grants.filter(({ runs }) => !runs),
    waits: waits.map(({ offerUntil, ...wait }) => ({
      ...wait,
      offerUntil: offerUntil?.toISOString() ?? null,
    })),
    requests: requests.map(({ askedAt, decidedAt, ...request }) => ({
      ...request,
      askedAt: askedAt.toISOString(),
      decidedAt: decidedAt?.toISOString() ?? null,
    })),
    person: viewer.name || viewer.email,
    zone: readTimeZone(request, viewer.timeZone),
  };
}

type Grant = ReturnType<typeof useLoaderData<typeof loader>>["running"][number];

export default function Tickets() {
  const { running, spent, waits, requests, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title="Your passes"
        lead="What you hold, what it opens, and until when; what you wait for, and what you asked for."
      />
      {running.length === 0 ? (
        <EmptyList
          next={
            <ButtonLink kind="go" to="/explore">
              See what is on
            </ButtonLink>
          }
        >
          You hold no pass at the moment. The page of a space shows the passes that it offers.
        </EmptyList>
      ) : (
        <ul className="tickets" aria-label="Passes that you hold">
          {running.map((grant) => (
            <Held key={grant.id} grant={grant} />
          ))}
        </ul>
      )}
      <OwnWaits waits={waits} zone={zone} />
      <OwnRequests requests={requests} zone={zone} />
      {spent.length > 0 && (
        <section className="part">
          <h2>Spent</h2>
          <ul className="tickets" aria-label="Passes that you held">
            {spent.map((grant) => (
              <Held key={grant.id} grant={grant} spent />
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}

function Held({ grant, spent = false }: { grant: Grant; spent?: boolean }) {
  const { person, zone } = useLoaderData<typeof loader>();
  const path = `/${grant.spaceSlug}/passes/${grant.passSlug}`;
  const way = grant.status === "expired" && grant.passOffered ? "Get it again" : "See it";
  return (
    <li>
      <Ticket
        spent={spent}
        stub={
          !grant.spaceRetired && (
            <ButtonLink to={path} aria-label={`${way}: ${grant.passName}`}>
              {way}
            </ButtonLink>
          )
        }
      >
        <p className="small">
          <Bidi>{person}</Bidi>
        </p>
        <TicketTitle level={spent ? 3 : 2}>
          <Bidi>{grant.passName}</Bidi>
        </TicketTitle>
        <p className="small">
          {grant.spaceRetired ? (
            <Bidi>{grant.spaceName}</Bidi>
          ) : (
            <Link to={`/${grant.spaceSlug}`}>
              <Bidi>{grant.spaceName}</Bidi>
            </Link>
          )}
        </p>
        <p>
          <Lasts grant={grant} zone={zone} />
        </p>
        {!spent && (
          <p className="small">
            <Opens names={grant.experiences} /> {grant.endsAt && atExpiryWords[grant.atExpiry]}
          </p>
        )}
      </Ticket>
    </li>
  );
}

function Lasts({ grant, zone }: { grant: Grant; zone: string | null }) {
  if (grant.spaceRetired) return <>The space has closed.</>;
  if (grant.status === "cancelled")
    return (
      <>
        Taken back <When at={grant.statusChangedAt} zone={zone} />.
      </>
    );
  if (grant.status === "refunded")
    return (
      <>
        Paid back <When at={grant.statusChangedAt} zone={zone} />.
      </>
    );
  const end = grant.endsAt && <When at={grant.endsAt} zone={zone} />;
  if (grant.status === "expired") return <>Ran out {end}.</>;
  return (
    <>
      {!grant.started && (
        <>
          From <When at={grant.startsAt} zone={zone} />.{" "}
        </>
      )}
      {end ? <>Until {end}.</> : "Without an end."}
    </>
  );
}

export { FailureBoundary as ErrorBoundary };
