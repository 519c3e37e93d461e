import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { scopes, scopeWords } from "#app/domain/api-keys/scopes.ts";
import { budgetOf } from "#app/domain/people/limits.ts";
import { eventChoices } from "#app/domain/outgoing-webhooks/event-types.ts";
import { bothSignHours } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { mostTries } from "#app/domain/outgoing-webhooks/deliver.ts";
import { apiExamples } from "#app/http/api-examples.ts";
import { problemWords } from "#app/http/api-problems.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("The API", error);

const dayMs = 86_400_000;

export function loader({ context }: LoaderFunctionArgs) {
  const { publicUrl } = context.config;
  const inAMonth = Math.ceil((Date.now() + 30 * dayMs) / dayMs) * dayMs;
  const soon = new Date(inAMonth + 18 * 3_600_000).toISOString().replace(".000Z", "Z");
  return {
    publicUrl,
    examples: apiExamples(publicUrl, soon),
    scopes: scopes.map((scope) => ({ scope, words: scopeWords[scope] })),
    problems: problemWords,
    events: eventChoices,
    limit: budgetOf("api.key"),
    tries: mostTries,
    hours: bothSignHours,
  };
}

export default function Api() {
  return (
    <Page>
      <PageHeader
        title="The API"
        lead="For programs of your own: give passes, take them back, make passes, and schedule streams."
      />
      <Begin />
      <Rules />
      <Examples />
      <Problems />
      <Webhooks />
    </Page>
  );
}

function Begin() {
  const { publicUrl, scopes } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>Begin</h2>
      <div className="stack measure">
        <p>
          An owner of a space makes a key on the page <Link to="/account/space/api">API keys</Link>. It is
          sent with each request as <code>Authorization: Bearer frk_…</code>, and reaches what its space has,
          and nothing else. Keep it on your server: in a page or an app everybody could read it.
        </p>
        <p>
          All addresses begin with <code className="code-word">{publicUrl}/api/v1</code>. The whole API stands
          in an OpenAPI file, from which clients can be made: <a href="/api/v1/openapi.json">openapi.json</a>.
        </p>
      </div>
      <Table caption="What a key may do, by its scopes">
        <thead>
          <tr>
            <th scope="col">Scope</th>
            <th scope="col">What it lets a program do</th>
          </tr>
        </thead>
        <tbody>
          {scopes.map(({ scope, words }) => (
            <tr key={scope}>
              <th scope="row">
                <code>{scope}</code>
              </th>
              <td>{words}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Rules() {
  const { limit } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>Rules of all requests</h2>
      <ul className="stack measure">
        <li>
          Bodies are JSON, of at most 64 KiB. A field that we do not know is refused, so that a slip in its
          name does not pass for “left out”. With <code>PATCH</code>, what is left out stays.
        </li>
        <li>
          Instants are ISO 8601 with an offset, <code>2027-03-28T19:30:00Z</code>; answers are in UTC. Money
          is in the smallest unit of its currency: <code>1250</code> of EUR is 12.50.
        </li>
        <li>
          Lists give the newest first, 20 at a time, or <code>limit</code> of 1 to 100. While{" "}
          <code>next_cursor</code> is not null, send it as <code>cursor</code> for what comes after.
        </li>
        <li>
          A <code>POST</code> may carry an <code>Idempotency-Key</code>: any text of your own, one for each
          thing that is to be done. When no answer came, send the request again with the same key: within a
          day it is done once, and answered as the first time, with <code>Idempotency-Replayed: true</code>.
          After 429 or 5xx nothing was done: the same key asks again.
        </li>
        <li>
          A key may ask {limit.points} times in {limit.seconds} seconds. <code>RateLimit</code> says how often
          it still may, <code>Retry-After</code> how many seconds to wait after 429.
        </li>
      </ul>
    </section>
  );
}

function Examples() {
  const { examples } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>Requests, as they are typed</h2>
      <div className="stack measure">
        <p>
          In a shell, with <code>KEY</code> set to your key, and <code>EXPERIENCE</code>, <code>PASS</code>,{" "}
          <code>GRANT</code> and <code>STREAM</code> to ids. The id of an experience stands in the address of
          its page under Space.
        </p>
      </div>
      {examples.map(({ title, lines }) => (
        <div key={title} className="stack">
          <h3>{title}</h3>
          <Lines label={title} lines={lines} />
        </div>
      ))}
    </section>
  );
}

/** What scrolls must be reachable by keyboard. */
function Lines({ label, lines }: { label: string; lines: string }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <pre className="code-lines" role="region" aria-label={label} tabIndex={0} dir="ltr">
      <code>{lines}</code>
    </pre>
  );
}

function Problems() {
  const { problems } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>When something is refused</h2>
      <p className="measure">
        A refusal is <code>application/problem+json</code> (RFC 9457): a <code>type</code> from this list, a
        sentence in <code>detail</code>, and in <code>errors</code> the place of each mistake, as a JSON
        pointer into the body or the name of a parameter. Whatever was refused has changed nothing.
      </p>
      <Table caption="Kinds of refusals" hideCaption>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Status</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {problems.map(({ kind, status, words }) => (
            <tr key={kind} id={kind}>
              <th scope="row">
                <code>{kind}</code>
              </th>
              <td className="num">{status}</td>
              <td>{words}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

const message = `{
  "type": "grant.created",
  "timestamp": "2027-03-28T19:30:00.000Z",
  "data": {
    "id": "01a00000-0000-7000-8000-000000000001",
    "pass_id": "01a00000-0000-7000-8000-000000000002",
    "email": "ada@example.com",
    "status": "active",
    "source": "given",
    "starts_at": "2027-03-28T19:30:00.000Z",
    "ends_at": null,
    "created_at": "2027-03-28T19:30:00.000Z",
    "status_changed_at": "2027-03-28T19:30:00.000Z"
  }
}`;

function Webhooks() {
  const { events, tries, hours } = useLoaderData<typeof loader>();
  return (
    <section className="part" id="webhooks">
      <h2>Webhooks</h2>
      <div className="stack measure">
        <p>
          An owner adds an address on the page <Link to="/account/space/webhooks">Webhooks</Link>. What
          happens is posted there as JSON, signed by{" "}
          <a href="https://www.standardwebhooks.com">Standard Webhooks</a>: a library of theirs checks{" "}
          <code>webhook-id</code>, <code>webhook-timestamp</code> and <code>webhook-signature</code> with the
          secret of the address. After the secret is replaced there are two signatures for {hours} hours; one
          that fits is enough.
        </p>
      </div>
      <Table caption="What a space can be told of">
        <thead>
          <tr>
            <th scope="col">Type</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {events.map(({ value, label }) => (
            <tr key={value}>
              <th scope="row">
                <code>{value}</code>
              </th>
              <td>{label}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <Lines label="A message" lines={message} />
      <ul className="stack measure">
        <li>
          <code>data</code> is the grant or the stream as the API gives it, at the moment of the change. That
          of a grant has the mail address of its holder. <code>recording.ready</code> has <code>id</code>,{" "}
          <code>stream_id</code>, <code>duration_ms</code> and <code>ready_at</code>. The OpenAPI file
          describes each under <code>webhooks</code>.
        </li>
        <li>
          Answer with any 2xx within 10 seconds. Everything else, redirects too, is tried again, up to {tries}{" "}
          times over a day. Messages can come twice, and in another order than things happened: know them by{" "}
          <code>webhook-id</code>, and ask the API for what counts now.
        </li>
        <li>
          An address that answers 410, or takes nothing for a whole day, is switched off, and the owners get a
          mail. What was not taken stands in its log for a month, and can be sent again from there.
        </li>
        <li>Nothing is sent to addresses that are not on the public internet.</li>
      </ul>
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
