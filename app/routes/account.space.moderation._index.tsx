import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { Page } from "#app/components/layouts.tsx";
import { ModerationLog } from "#app/components/moderation-log.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { readLogPage } from "#app/http/moderation-log.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Moderation", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "moderator" });
  return {
    log: await readLogPage(context.db, request, team),
    name: team.name,
    space: teams.length > 1 ? team.slug : undefined,
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
  };
}

export default function SpaceLog() {
  const { log, name, space, query, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title="Moderation"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: name }]} />}
        lead="Who did what to whom, when and why, in all streams of this space."
      />
      <ModerationLog
        {...{ log, zone, space }}
        path="/account/space/moderation"
        file="/account/space/moderation.csv"
        streams
      />
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
