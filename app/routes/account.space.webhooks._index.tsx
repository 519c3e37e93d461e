import { randomUUID } from "node:crypto";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { EndpointFields } from "#app/components/endpoint-fields.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Page } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { ShownOnce } from "#app/components/shown-once.tsx";
import { Table } from "#app/components/table.tsx";
import { insertEndpoint, listEndpoints, mostEndpoints } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { eventChoices } from "#app/domain/outgoing-webhooks/event-types.ts";
import { newEndpointForm } from "#app/domain/outgoing-webhooks/fields.ts";
import { endpointStateWords } from "#app/domain/outgoing-webhooks/words.ts";
import { absent } from "#app/http/absent.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedList, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Webhooks", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "owner" });
  const endpoints = await listEndpoints(context.db, team.spaceId);
  return {
    endpoints: endpoints.map((endpoint) => ({
      id: endpoint.id,
      url: endpoint.url,
      events: endpoint.events.join(", "),
      state: endpointStateWords(endpoint),
      madeBy: endpoint.madeBy,
    })),
    choices: eventChoices,
    removed: new URL(request.url).searchParams.has("removed"),
    formKey: randomUUID(),
    name: team.name,
    query: teamQuery(teams, team),
    draft: await takeDraft({ request, context }),
  };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam({ request, context }, { least: "owner" });
  const form = await readForm(
    request,
    newEndpointForm({ allowPrivate: context.config.webhooksAllowPrivate }),
  );
  if (!form.ok) return refuse(form);
  const made = await insertEndpoint(context.db, {
    spaceId: team.spaceId,
    actorId: viewer.userId,
    ...form.value,
  });
  // The only answer that ever holds it: it is in no address and on no other page.
  if (made.ok) return { made: { secret: made.secret } };
  if (made.reason === "gone") throw absent("This space has closed.", 410);
  const sentence =
    made.reason === "made_before"
      ? "This address was added already, and its secret is not shown a second time. Its page can replace it."
      : `A space has at most ${mostEndpoints} addresses. Remove one that nobody needs.`;
  return refuse(problem("", sentence, form.typed), 409);
}

export default function Webhooks() {
  const { endpoints, removed, name, query } = useLoaderData<typeof loader>();
  const acted = useActionData<typeof action>();
  const made = acted && "made" in acted ? acted.made : undefined;
  return (
    <Page>
      <PageHeader
        title="Webhooks"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: name }]} />}
        lead="A server of yours is told at once when somebody gets a pass, or a stream begins and ends."
        actions={<ButtonLink to="/api#webhooks">What is sent, and how it is signed</ButtonLink>}
      />
      {made && (
        <ShownOnce
          title="The address is added. This secret signs what we send there."
          label="The secret"
          secret={made.secret}
          button="Copy the secret"
        />
      )}
      {removed && !acted && (
        <Notice role="status">The address is removed. Nothing more is sent there.</Notice>
      )}
      {endpoints.length === 0 ? (
        <EmptyList>Addresses that you add stand here, each with a log of what was sent there.</EmptyList>
      ) : (
        <Table caption="Where webhooks go" hideCaption>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Told of</th>
              <th scope="col">State</th>
              <th scope="col">Belongs to</th>
            </tr>
          </thead>
          <tbody>
            {endpoints.map((endpoint) => (
              <tr key={endpoint.id}>
                <th scope="row">
                  <Link className="code-word" to={`/account/space/webhooks/${endpoint.id}${query}`}>
                    {endpoint.url}
                  </Link>
                </th>
                <td>{endpoint.events}</td>
                <td>{endpoint.state}</td>
                <td>
                  <Bidi>{endpoint.madeBy}</Bidi>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      <AddEndpoint />
    </Page>
  );
}

function AddEndpoint() {
  const { choices, formKey, draft } = useLoaderData<typeof loader>();
  const acted = useActionData<typeof action>();
  const refused = acted && "problems" in acted ? acted : undefined;
  const typed = refused?.typed ?? draft;
  return (
    <section className="part">
      <h2>Add an address</h2>
      <Form method="post" className="form" noValidate key={refused ? "refused" : formKey}>
        <FormError problems={listProblems(refused?.problems).filter(({ name }) => name !== "")}>
          {refused?.problems[""]?.[0]}
        </FormError>
        <input type="hidden" name="formKey" value={formKey} />
        <EndpointFields
          choices={choices}
          url={typedText(typed, "url")}
          events={typedList(typed, "events")}
          problems={refused?.problems}
        />
        <SubmitButton kind="go" pending="Adding it…">
          Add the address
        </SubmitButton>
      </Form>
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
