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
import { revokeLink } from "#app/domain/pass-links/links.ts";
import { absent } from "#app/http/absent.ts";
import { requireLinkOfTeam } from "#app/http/link-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Revoke the link", error);

export async function loader(args: LoaderFunctionArgs) {
  const { link, page } = await requireLinkOfTeam(args);
  if (link.revokedAt) throw absent("This link is revoked already.", 410);
  return { page, name: link.name, uses: link.uses };
}

/** A link that is revoked already stays so: the same page follows. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, page, ids } = await requireLinkOfTeam(args);
  await revokeLink(args.context.db, { ...ids, actorId: viewer.userId });
  return redirect(page, 303);
}

export default function RevokeLink() {
  const { page, name, uses } = useLoaderData<typeof loader>();
  return (
    <Narrow>
      <PageHeader title="Revoke the link" above={<Breadcrumbs items={[{ to: page, label: name }]} />} />
      <div className="stack measure">
        <p>
          This revokes <Bidi>{name}</Bidi> at once and for good. Whoever opens it from then on gets nothing.
        </p>
        {uses > 0 && (
          <p>
            {uses === 1
              ? "The one person who took the pass by it keeps it."
              : `The ${uses} people who took the pass by it keep it.`}{" "}
            You can still take it back from each.
          </p>
        )}
      </div>
      <Form method="post" className="row">
        <SubmitButton pending="Revoking it…">Revoke the link for good</SubmitButton>
        <ButtonLink kind="quiet" to={page}>
          Keep it as it is
        </ButtonLink>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
