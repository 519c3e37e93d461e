import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Bidi } from "#app/components/bidi.tsx";
import { Opens, PassLength, priceWords } from "#app/components/pass-ticket.tsx";
import { Ticket, TicketTitle } from "#app/components/ticket.tsx";
import { listPasses } from "#app/domain/passes/lists.ts";
import { findFirstSteps } from "#app/domain/spaces/spaces.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Passes", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "host" });
  const [passes, steps] = await Promise.all([
    listPasses(context.db, team.spaceId),
    findFirstSteps(context.db, team.spaceId),
  ]);
  return {
    passes: passes.map(({ description: _, termUntil, saleStartsAt, saleEndsAt, experiences, ...pass }) => ({
      ...pass,
      saleStartsAt: saleStartsAt?.toISOString() ?? null,
      saleEndsAt: saleEndsAt?.toISOString() ?? null,
      termUntil: termUntil?.toISOString() ?? null,
      experiences: experiences.map(({ name }) => name),
    })),
    hasExperience: steps.experience,
    space: team.name,
    owner: team.role === "owner",
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
  };
}

export default function Passes() {
  const { passes, hasExperience, space, owner, query, zone } = useLoaderData<typeof loader>();
  const next = hasExperience
    ? { to: `/account/passes/new${query}`, label: "Make a pass" }
    : { to: `/account/space/experiences/new${query}`, label: "Make an experience first" };
  return (
    <Page>
      <PageHeader
        title="Passes"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: space }]} />}
        lead="Tickets that open your experiences. Only who holds one can watch."
        actions={
          passes.length > 0 && (
            <>
              {owner && (
                <ButtonLink kind="go" to={next.to}>
                  {next.label}
                </ButtonLink>
              )}
              <ButtonLink to={`/account/passes/grants${query}`}>Find who holds one</ButtonLink>
            </>
          )
        }
      />
      {passes.length === 0 ? (
        <EmptyList
          next={
            owner && (
              <ButtonLink kind="go" to={next.to}>
                {next.label}
              </ButtonLink>
            )
          }
        >
          Passes stand here, with how many people hold each.
        </EmptyList>
      ) : (
        <ul className="tickets" aria-label="Passes of this space">
          {passes.map((pass) => (
            <li key={pass.id}>
              <Ticket
                spent={pass.retired || pass.over}
                stub={
                  <>
                    <span className="poster num ticket-title">{`${pass.holders.toLocaleString("en-GB")}${pass.moreHolders ? "+" : ""}`}</span>
                    <span className="small">
                      {pass.stock !== null
                        ? `of ${pass.stock} ${pass.stock === 1 ? "seat" : "seats"} held`
                        : pass.holders === 1
                          ? "person holds it"
                          : "people hold it"}
                    </span>
                    <ButtonLink to={`/account/passes/${pass.id}`} aria-label={`Open the pass ${pass.name}`}>
                      Open
                    </ButtonLink>
                  </>
                }
              >
                <TicketTitle level={2}>
                  <Bidi>{pass.name}</Bidi>
                </TicketTitle>
                <p>
                  <Opens names={pass.experiences} />
                </p>
                <p className="small">
                  {pass.retired ? (
                    "Retired: nobody gets it any more."
                  ) : (
                    <>
                      {priceWords(pass)}. <PassLength pass={pass} zone={zone} />
                    </>
                  )}
                </p>
                {!pass.retired && <Asked pass={pass} />}
              </Ticket>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

type Pass = ReturnType<typeof useLoaderData<typeof loader>>["passes"][number];

/** What waits for the team, and whether people can get it. */
function Asked({ pass }: { pass: Pass }) {
  const said = [
    pass.over
      ? "Past its last day"
      : !pass.onSale
        ? "Switched off"
        : pass.saleOver
          ? "Its sale has ended"
          : !pass.saleBegun && "Its sale is still to begin",
    pass.asked > 0 && `${pass.asked} asked for it`,
    pass.waiting + pass.offered > 0 && `${pass.waiting + pass.offered} on the waiting list`,
  ].filter(Boolean);
  return said.length > 0 && <p className="small">{said.join(". ")}.</p>;
}

export { FailureBoundary as ErrorBoundary };
