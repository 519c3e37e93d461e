import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { ordinal } from "#app/components/ordinal.ts";
import { atExpiryWords, Opens, priceWords } from "#app/components/pass-ticket.tsx";
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
  const { running, spent } = useLoaderData<typeof loader>();
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
      <Waits />
      <Requests />
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

/** Waiting lists, with the place or the seat that is kept. */
function Waits() {
  const { waits, zone } = useLoaderData<typeof loader>();
  if (waits.length === 0) return null;
  return (
    <section className="part">
      <h2>Waiting lists</h2>
      <ul className="tickets" aria-label="Passes that you wait for">
        {waits.map((wait) => (
          <li key={wait.id}>
            <Ticket
              stub={
                <ToPass kind={wait.offerUntil ? "go" : "plain"} pass={wait}>
                  {wait.offerUntil ? "Take your seat" : "See it"}
                </ToPass>
              }
            >
              <PassName pass={wait} />
              <p>
                {wait.offerUntil ? (
                  <>
                    A seat is kept for you until <When at={wait.offerUntil} zone={zone} />.
                  </>
                ) : (
                  `You are ${ordinal(wait.place ?? 1)} on the waiting list.`
                )}
              </p>
              <p className="small">
                <Opens names={wait.experiences} />
              </p>
            </Ticket>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What was asked for, and has no answer, or a no. */
function Requests() {
  const { requests, zone } = useLoaderData<typeof loader>();
  if (requests.length === 0) return null;
  return (
    <section className="part">
      <h2>Requests</h2>
      <ul className="tickets" aria-label="Passes that you asked for">
        {requests.map((request) => (
          <li key={request.id}>
            <Ticket
              spent={request.status !== "asked"}
              stub={!request.spaceRetired && <ToPass pass={request}>See it</ToPass>}
            >
              <PassName pass={request} />
              <p>
                {request.status === "asked" ? (
                  <>
                    Asked <When at={request.askedAt} zone={zone} />, {priceWords(request)}. No answer yet.
                  </>
                ) : (
                  <>
                    {request.status === "declined" ? "Declined " : "No longer given since "}
                    <When at={request.decidedAt ?? request.askedAt} zone={zone} />.
                  </>
                )}
              </p>
              {request.reason && (
                <p>
                  What they say about it: <Bidi>{request.reason}</Bidi>
                </p>
              )}
            </Ticket>
          </li>
        ))}
      </ul>
    </section>
  );
}

type PassOfSpace = { passName: string; passSlug: string; spaceName: string; spaceSlug: string };

function PassName({ pass }: { pass: PassOfSpace }) {
  return (
    <>
      <TicketTitle level={3}>
        <Bidi>{pass.passName}</Bidi>
      </TicketTitle>
      <p className="small">
        <Bidi>{pass.spaceName}</Bidi>
      </p>
    </>
  );
}

function ToPass({ pass, kind, children }: { pass: PassOfSpace; kind?: "go" | "plain"; children: string }) {
  return (
    <ButtonLink
      kind={kind}
      to={`/${pass.spaceSlug}/passes/${pass.passSlug}`}
      aria-label={`${children}: ${pass.passName}`}
    >
      {children}
    </ButtonLink>
  );
}

export { FailureBoundary as ErrorBoundary };
