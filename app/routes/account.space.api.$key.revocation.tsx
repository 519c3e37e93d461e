import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { When } from "#app/components/when.tsx";
import { findKey, findSpaceOfKey, revokeKey } from "#app/domain/api-keys/keys.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Revoke the key", error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "owner", id: params.key, findSpace: findSpaceOfKey } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const key = await findKey(context.db, { spaceId: team.spaceId, keyId: id });
  if (!key) throw absent();
  if (key.revokedAt) throw absent("This key is revoked already.", 410);
  return {
    name: key.name,
    prefix: key.prefix,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
  };
}

export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.key, findSpace: findSpaceOfKey } as const;
  const { viewer, team, id } = await requireTeamOf({ request, context }, wanted);
  // Revoked already means by a second press: the same page follows.
  await revokeKey(context.db, { spaceId: team.spaceId, keyId: id, actorId: viewer.userId });
  return redirect(`/account/space/api?space=${team.slug}&revoked`);
}

export default function RevokeKey() {
  const { name, prefix, lastUsedAt, query, zone } = useLoaderData<typeof loader>();
  const back = `/account/space/api${query}`;
  return (
    <Narrow>
      <PageHeader title="Revoke the key" above={<Breadcrumbs items={[{ to: back, label: "API keys" }]} />} />
      <div className="stack measure">
        <p>
          This revokes <Bidi>{name}</Bidi> (<code>{prefix}…</code>) at once and for good. Whatever uses it is
          refused from then on.
        </p>
        <p>
          {lastUsedAt ? (
            <>
              It was used last <When at={lastUsedAt} zone={zone} />.
            </>
          ) : (
            "It was never used."
          )}
        </p>
      </div>
      <Form method="post" className="form">
        <div className="row">
          <SubmitButton pending="Revoking it…">Revoke the key for good</SubmitButton>
          <ButtonLink kind="quiet" to={back}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
