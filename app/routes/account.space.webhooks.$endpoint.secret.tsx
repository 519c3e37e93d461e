import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { ShownOnce } from "#app/components/shown-once.tsx";
import { bothSignHours, rotateSecret } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { requireEndpoint } from "#app/http/endpoint-of-team.ts";
import { problem, readForm, refuse } from "#app/http/forms.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Replace the secret", error);

/** `seen`: the replacement before, as the page knew it. */
const form = z.object({
  seen: z
    .union([z.literal("none"), z.iso.datetime()], "This form is not complete. Reload the page.")
    .transform((typed) => (typed === "none" ? null : new Date(typed))),
});

export async function loader(args: LoaderFunctionArgs) {
  const { endpoint, page } = await requireEndpoint(args);
  return {
    page,
    url: endpoint.url,
    seen: endpoint.formerSecretUntil?.toISOString() ?? "none",
    hours: bothSignHours,
  };
}

export async function action(args: ActionFunctionArgs) {
  const { ids } = await requireEndpoint(args);
  const read = await readForm(args.request, form);
  if (!read.ok) return refuse(read);
  const rotated = await rotateSecret(args.context.db, { ...ids, seen: read.value.seen });
  if (rotated) return rotated;
  const sentence =
    "The secret was replaced a moment ago, and is not shown a second time. You can replace it once more.";
  return refuse(problem("", sentence, {}), 409);
}

export default function ReplaceSecret() {
  const { page, url, seen, hours } = useLoaderData<typeof loader>();
  const acted = useActionData<typeof action>();
  const refused = acted && "problems" in acted ? acted : undefined;
  const secret = acted && "secret" in acted ? acted.secret : undefined;
  return (
    <Narrow>
      <PageHeader
        title="Replace the secret"
        above={<Breadcrumbs items={[{ to: page, label: "Webhooks to one address" }]} />}
        lead={
          <p className="code-word" dir="ltr">
            {url}
          </p>
        }
      />
      {secret ? (
        <>
          <ShownOnce
            title="This is the new secret."
            label="The secret"
            secret={secret}
            button="Copy the secret"
          />
          <p>
            For {hours} hours what we send carries two signatures, by the old secret and by this one. Bring
            the new one in by then.
          </p>
          <ButtonLink to={page}>Back to the address</ButtonLink>
        </>
      ) : (
        <Form method="post" className="form">
          <FormError>{refused?.problems[""]?.[0] ?? refused?.problems.seen?.[0]}</FormError>
          <p>
            You get a new secret. For {hours} hours what we send carries two signatures, by the old secret and
            by the new one, so that nothing is refused while you bring it in. A secret from before the old one
            signs no more.
          </p>
          <input type="hidden" name="seen" value={seen} />
          <div className="row">
            <SubmitButton pending="Replacing it…">Replace the secret</SubmitButton>
            <ButtonLink kind="quiet" to={page}>
              Keep it as it is
            </ButtonLink>
          </div>
        </Form>
      )}
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
