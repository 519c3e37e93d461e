import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
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
import { Pager } from "#app/components/pager.tsx";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { updateEndpoint } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { eventChoices } from "#app/domain/outgoing-webhooks/event-types.ts";
import { endpointForm } from "#app/domain/outgoing-webhooks/fields.ts";
import { listDeliveries } from "#app/domain/outgoing-webhooks/log.ts";
import { deliveryWords, endpointStateWords } from "#app/domain/outgoing-webhooks/words.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { requireEndpoint, withWord } from "#app/http/endpoint-of-team.ts";
import { listProblems, readForm, refuse, typedList, typedText } from "#app/http/forms.ts";
import { readPage } from "#app/http/page-number.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Webhooks to one address", error);

const perPage = 50;
const done: Record<string, string> = {
  saved: "Saved.",
  tested: "A test message is on its way. It stands in the log.",
  resent: "The message is on its way again.",
  on: "It is switched on again. What was given up can be sent again from the log.",
};

export async function loader(args: LoaderFunctionArgs) {
  const { request, context } = args;
  const { viewer, endpoint, query } = await requireEndpoint(args);
  const page = readPage(request);
  const { deliveries, total } = await listDeliveries(context.db, {
    endpointId: endpoint.id,
    most: perPage,
    offset: (page - 1) * perPage,
  });
  const { searchParams } = new URL(request.url);
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events as string[],
    state: endpointStateWords(endpoint),
    madeBy: endpoint.madeBy,
    off: endpoint.offAt !== null,
    formerSecretUntil: endpoint.formerSecretUntil?.toISOString() ?? null,
    choices: eventChoices,
    deliveries: deliveries.map((delivery) => ({
      id: delivery.id,
      messageId: delivery.messageId,
      type: delivery.type,
      at: delivery.at.toISOString(),
      words: deliveryWords(delivery),
      tries: delivery.tries,
      nextTryAt: delivery.nextTryAt?.toISOString() ?? null,
    })),
    page,
    pages: Math.ceil(total / perPage),
    done: Object.entries(done).find(([word]) => searchParams.has(word))?.[1],
    query,
    zone: readTimeZone(request, viewer.timeZone),
    draft: await takeDraft(args),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { request, context } = args;
  const { viewer, ids, page } = await requireEndpoint(args);
  const form = await readForm(request, endpointForm({ allowPrivate: context.config.webhooksAllowPrivate }));
  if (!form.ok) return refuse(form);
  await updateEndpoint(context.db, { ...ids, actorId: viewer.userId, ...form.value });
  return redirect(withWord(page, "saved"));
}

export default function WebhookEndpoint() {
  const { id, url, state, madeBy, off, formerSecretUntil, done, query, zone } =
    useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const path = `/account/space/webhooks/${id}`;
  return (
    <Page>
      <PageHeader
        title="Webhooks to one address"
        above={<Breadcrumbs items={[{ to: `/account/space/webhooks${query}`, label: "Webhooks" }]} />}
        lead={
          <p className="code-word" dir="ltr">
            {url}
          </p>
        }
      />
      {done && !refused && <Notice role="status">{done}</Notice>}
      <p>{state}</p>
      <p>
        {off ? "It was last changed or switched on by" : "It belongs to"} <Bidi>{madeBy}</Bidi>
        {off ? "." : ", and is switched off when they stop being an owner."}
      </p>
      {formerSecretUntil && (
        <p>
          The secret before the last one signs, too, until <When at={formerSecretUntil} zone={zone} />.
        </p>
      )}
      <div className="row">
        {off ? (
          <Form method="post" action={`${path}/activation${query}`}>
            <SubmitButton kind="go" formAction={`${path}/activation${query}`} pending="Switching it on…">
              Switch it on again
            </SubmitButton>
          </Form>
        ) : (
          <Form method="post" action={`${path}/test-message${query}`}>
            <SubmitButton formAction={`${path}/test-message${query}`} pending="Sending it…">
              Send a test message
            </SubmitButton>
          </Form>
        )}
        <ButtonLink to={`${path}/secret${query}`}>Replace the secret</ButtonLink>
        <ButtonLink kind="quiet" to={`${path}/removal${query}`}>
          Remove the address
        </ButtonLink>
      </div>
      <Log />
      <ChangeEndpoint />
    </Page>
  );
}

function Log() {
  const { id, off, deliveries, page, pages, query, zone } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>What was sent there</h2>
      {deliveries.length === 0 ? (
        <EmptyList>Messages stand here for a month. Send a test message to see the first.</EmptyList>
      ) : (
        <>
          <Table caption="Messages to this address, the newest first" hideCaption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">About</th>
                <th scope="col">What became of it</th>
                <th scope="col">Tries</th>
                <th scope="col">Message</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <tr key={delivery.id}>
                  <td>
                    <When at={delivery.at} zone={zone} />
                  </td>
                  <th scope="row">{delivery.type}</th>
                  <td>
                    {delivery.words}
                    {delivery.nextTryAt && delivery.tries > 0 && (
                      <>
                        , <When at={delivery.nextTryAt} zone={zone} />
                      </>
                    )}
                  </td>
                  <td className="num">{delivery.tries}</td>
                  <td>
                    <code className="code-word">{delivery.messageId}</code>
                  </td>
                  <td className="end">
                    {!off && (
                      <Form
                        method="post"
                        action={`/account/space/webhooks/${id}/deliveries/${delivery.id}/resend${query}`}
                      >
                        <SubmitButton
                          formAction={`/account/space/webhooks/${id}/deliveries/${delivery.id}/resend${query}`}
                          pending="Sending it…"
                          aria-label={`Send again: ${delivery.type}, ${delivery.messageId}`}
                        >
                          Send again
                        </SubmitButton>
                      </Form>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
          <Pager
            page={page}
            pages={pages}
            label="Pages of the log"
            to={(number) => `${query || "?"}${query && "&"}page=${number}`}
          />
        </>
      )}
    </section>
  );
}

function ChangeEndpoint() {
  const { url, events, choices, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <section className="part">
      <h2>Change it</h2>
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <EndpointFields
          choices={choices}
          url={typedText(typed, "url") ?? url}
          events={typedList(typed, "events") ?? events}
          problems={refused?.problems}
        />
        <p className="small">It belongs to whoever saves it last, or switches it on.</p>
        <SubmitButton pending="Saving…">Save</SubmitButton>
      </Form>
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
