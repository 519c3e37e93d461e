import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { listExperiences } from "#app/domain/experiences/experiences.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Experiences", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "host" });
  const experiences = (await listExperiences(context.db, team.spaceId)).map(
    ({ description: _, ...shown }) => shown,
  );
  return {
    experiences,
    space: team.name,
    slug: team.slug,
    owner: team.role === "owner",
    query: teamQuery(teams, team),
  };
}

export default function Experiences() {
  const { experiences, space, slug, owner, query } = useLoaderData<typeof loader>();
  const toNew = `/account/space/experiences/new${query}`;
  return (
    <Page>
      <PageHeader
        title="Experiences"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: space }]} />}
        lead="What people get access to. A pass opens one or several of them."
        actions={
          owner &&
          experiences.length > 0 && (
            <ButtonLink kind="go" to={toNew}>
              Make an experience
            </ButtonLink>
          )
        }
      />
      {experiences.length === 0 ? (
        <EmptyList
          next={
            owner && (
              <ButtonLink kind="go" to={toNew}>
                Make an experience
              </ButtonLink>
            )
          }
        >
          Experiences stand here: a series of streams, such as “Monday critiques”.
        </EmptyList>
      ) : (
        <Table caption="Experiences of this space" hideCaption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Address</th>
              <th scope="col">Opened by</th>
              <th scope="col" className="end">
                Coming up
              </th>
            </tr>
          </thead>
          <tbody>
            {experiences.map((experience) => (
              <tr key={experience.id}>
                <th scope="row">
                  {owner && !experience.retired ? (
                    <Link to={`/account/space/experiences/${experience.id}`}>
                      <Bidi>{experience.name}</Bidi>
                    </Link>
                  ) : (
                    <Bidi>{experience.name}</Bidi>
                  )}
                </th>
                <td>
                  {experience.retired ? (
                    "Retired"
                  ) : (
                    <Link to={`/${slug}/${experience.slug}`}>{`/${slug}/${experience.slug}`}</Link>
                  )}
                </td>
                <td>
                  {experience.passes.map((name, index) => (
                    <span key={index}>
                      {index > 0 && ", "}
                      <Bidi>{name}</Bidi>
                    </span>
                  ))}
                  {experience.passes.length === 0 &&
                    !experience.retired &&
                    (owner ? (
                      <Link to={`/account/passes/new${query}`}>No pass yet: make one</Link>
                    ) : (
                      "No pass yet"
                    ))}
                </td>
                <td className="end">{experience.upcoming}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary };
