import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { deleteEndpoint } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { requireEndpoint } from "#app/http/endpoint-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Remove the address", error);

export async function loader(args: LoaderFunctionArgs) {
  const { endpoint, page } = await requireEndpoint(args);
  return { page, url: endpoint.url };
}

export async function action(args: ActionFunctionArgs) {
  const { team, ids } = await requireEndpoint(args);
  await deleteEndpoint(args.context.db, ids);
  return redirect(`/account/space/webhooks?space=${team.slug}&removed`);
}

export default function RemoveEndpoint() {
  const { page, url } = useLoaderData<typeof loader>();
  return (
    <Narrow>
      <PageHeader
        title="Remove the address"
        above={<Breadcrumbs items={[{ to: page, label: "Webhooks to one address" }]} />}
        lead={
          <p className="code-word" dir="ltr">
            {url}
          </p>
        }
      />
      <p className="measure">
        Nothing more is sent there, also not what waits. Its log and its secret are gone for good.
      </p>
      <Form method="post" className="form">
        <div className="row">
          <SubmitButton pending="Removing it…">Remove the address for good</SubmitButton>
          <ButtonLink kind="quiet" to={page}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
