import { data, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { GrantList } from "#app/components/grant-list.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { searchGrants } from "#app/http/grant-search.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Who holds passes", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "host" });
  const list = await searchGrants({ request, context }, { spaceId: team.spaceId });
  const page = {
    list,
    space: team.name,
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
  };
  return data(page, { status: list.problems ? 400 : 200 });
}

export default function GrantsOfSpace() {
  const { list, space, query, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title="Who holds passes"
        above={
          <Breadcrumbs
            items={[
              { to: `/account/space${query}`, label: space },
              { to: `/account/passes${query}`, label: "Passes" },
            ]}
          />
        }
        lead="Everybody who holds or held a pass of this space, of whichever."
      />
      <GrantList
        list={list}
        zone={zone}
        ofSeveral
        empty="People stand here as soon as they get a pass of this space."
      />
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary };
