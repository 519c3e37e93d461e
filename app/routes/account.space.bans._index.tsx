import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Page } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { Pager } from "#app/components/pager.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { listBans } from "#app/domain/moderation/bans.ts";
import { isAtLeast } from "#app/domain/teams/rights.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { readPage } from "#app/http/page-number.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Bans", error);

const perPage = 50;

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "moderator" });
  const page = readPage(request);
  const { bans, total } = await listBans(context.db, {
    spaceId: team.spaceId,
    most: perPage,
    offset: (page - 1) * perPage,
    withMail: isAtLeast(team.role, "host"),
  });
  return {
    bans: bans.map(({ since, until, ...ban }) => ({
      ...ban,
      since: since.toISOString(),
      until: until?.toISOString() ?? null,
    })),
    page,
    pages: Math.ceil(total / perPage),
    lifted: new URL(request.url).searchParams.has("lifted"),
    name: team.name,
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
  };
}

export default function Bans() {
  const { bans, page, pages, lifted, name, query, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title="Bans"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: name }]} />}
        lead="Who may not watch, chat or replay, whatever pass they hold."
      />
      {lifted && <Notice role="status">The ban is lifted. They can come back at once.</Notice>}
      {bans.length === 0 ? (
        <EmptyList>Nobody is banned. A ban begins in a stream’s chat, in the menu of a message.</EmptyList>
      ) : (
        <>
          <Table caption="Bans that are in force" hideCaption>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">From what</th>
                <th scope="col">Why</th>
                <th scope="col">Since</th>
                <th scope="col">Until</th>
                <th scope="col">By</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {bans.map((ban) => (
                <tr key={ban.id}>
                  <th scope="row">
                    <Bidi>{ban.person.name}</Bidi>
                    {ban.person.email && (
                      <span className="small line-below">
                        <Bidi>{ban.person.email}</Bidi>
                      </span>
                    )}
                  </th>
                  <td>
                    {ban.stream ? (
                      <Link to={`/account/streams/${ban.stream.id}`}>
                        <Bidi>{ban.stream.title}</Bidi>
                      </Link>
                    ) : (
                      "The whole space"
                    )}
                  </td>
                  <td>
                    <Bidi>{ban.reason}</Bidi>
                  </td>
                  <td>
                    <When at={ban.since} zone={zone} />
                  </td>
                  <td>{ban.until ? <When at={ban.until} zone={zone} /> : "For good"}</td>
                  <td>
                    <Bidi>{ban.by}</Bidi>
                  </td>
                  <td className="end">
                    <Form method="post" action={`/account/space/bans/${ban.id}/removal${query}`}>
                      <SubmitButton
                        formAction={`/account/space/bans/${ban.id}/removal${query}`}
                        pending="Lifting it…"
                        aria-label={`Lift the ban of ${ban.person.name}`}
                      >
                        Lift
                      </SubmitButton>
                    </Form>
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
          <Pager
            page={page}
            pages={pages}
            label="Pages of bans"
            to={(number) => `${query || "?"}${query && "&"}page=${number}`}
          />
        </>
      )}
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
