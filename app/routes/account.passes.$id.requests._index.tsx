import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Pager } from "#app/components/pager.tsx";
import { priceWords } from "#app/components/pass-ticket.tsx";
import { Table } from "#app/components/table.tsx";
import { Ticket } from "#app/components/ticket.tsx";
import { When } from "#app/components/when.tsx";
import { findPass } from "#app/domain/passes/lists.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { listRequests, type TeamRequest } from "#app/domain/passes/request-lists.ts";
import { requestWords } from "#app/domain/passes/words.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { readPage } from "#app/http/page-number.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Requests for ${data.pass.name}`, error);

const perPage = 50;

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "host", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const page = readPage(request);
  const of = { spaceId: team.spaceId, passId: id };
  const [pass, open, answered] = await Promise.all([
    findPass(context.db, of),
    listRequests(context.db, { ...of, answered: false, limit: 100 }),
    listRequests(context.db, { ...of, answered: true, limit: perPage, offset: (page - 1) * perPage }),
  ]);
  if (!pass) throw absent();
  const { name, stock, holders, offered, retired } = pass;
  return {
    pass: { id, name, retired, left: stock === null ? null : Math.max(0, stock - holders - offered) },
    open: open.requests.map(toRow),
    openTotal: open.total,
    answered: answered.requests.map(toRow),
    page,
    pages: Math.ceil(answered.total / perPage),
    owner: team.role === "owner",
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
  };
}

const toRow = ({ askedAt, decidedAt, ...request }: TeamRequest) => ({
  ...request,
  said: requestWords[request.status],
  askedAt: askedAt.toISOString(),
  decidedAt: decidedAt?.toISOString() ?? null,
});

export default function Requests() {
  const { pass, open, openTotal, answered, page, pages, query } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title="Requests"
        above={
          <Breadcrumbs
            items={[
              { to: `/account/passes${query}`, label: "Passes" },
              { to: `/account/passes/${pass.id}`, label: pass.name },
            ]}
          />
        }
        lead="Who asked for this pass. We write to them either way."
      />
      {pass.left === 0 && open.length > 0 && (
        <Notice title="No seat is free">
          You can say yes again when a seat has come free, or when you raise their number.
        </Notice>
      )}
      <section className="part">
        <h2>Without an answer</h2>
        {open.length === 0 ? (
          <EmptyList next={<ButtonLink to={`/account/passes/${pass.id}`}>Back to the pass</ButtonLink>}>
            Nobody waits for an answer. Whoever asks on the page of the pass stands here.
          </EmptyList>
        ) : (
          <>
            {openTotal > open.length && (
              <p>
                The oldest {open.length} of {openTotal}. The others follow when these have an answer.
              </p>
            )}
            <OpenRequests />
          </>
        )}
      </section>
      {(answered.length > 0 || page > 1) && (
        <section className="part">
          <h2>Answered</h2>
          <AnsweredRequests />
          <Pager
            page={page}
            pages={pages}
            to={(number) => `?page=${number}`}
            label="Pages of answered requests"
          />
        </section>
      )}
    </Page>
  );
}

type Row = ReturnType<typeof useLoaderData<typeof loader>>["open"][number];

function Person({ request: { email, name } }: { request: Row }) {
  return (
    <>
      <Bidi>{email}</Bidi>
      {name && (
        <span className="small line-below">
          <Bidi>{name}</Bidi>
        </span>
      )}
    </>
  );
}

function OpenRequests() {
  const { pass, open, owner, zone } = useLoaderData<typeof loader>();
  return (
    <ul className="tickets" aria-label="Requests without an answer">
      {open.map((request) => (
        <li key={request.id}>
          <Ticket stub={owner && <Answer passId={pass.id} request={request} />}>
            <p>
              <strong>
                <Bidi>{request.email}</Bidi>
              </strong>
              {request.name && (
                <>
                  , <Bidi>{request.name}</Bidi>
                </>
              )}
            </p>
            {request.words && (
              <p>
                <Bidi>{request.words}</Bidi>
              </p>
            )}
            <p className="small">
              Asked <When at={request.askedAt} zone={zone} />, at {priceWords(request)}.
            </p>
          </Ticket>
        </li>
      ))}
    </ul>
  );
}

function Answer({ passId, request }: { passId: string; request: Row }) {
  const path = `/account/passes/${passId}/requests/${request.id}`;
  return (
    <>
      <Form method="post" action={`${path}/approval`}>
        <SubmitButton
          pending="Approving…"
          formAction={`${path}/approval`}
          aria-label={`Approve the request of ${request.email}`}
        >
          Approve
        </SubmitButton>
      </Form>
      <ButtonLink kind="quiet" to={`${path}/refusal`} aria-label={`Decline the request of ${request.email}`}>
        Decline
      </ButtonLink>
    </>
  );
}

function AnsweredRequests() {
  const { pass, answered, zone } = useLoaderData<typeof loader>();
  return (
    <Table caption="Requests with an answer" hideCaption>
      <thead>
        <tr>
          <th scope="col">Person</th>
          <th scope="col">Answer</th>
          <th scope="col">When</th>
          <th scope="col">By</th>
          <th scope="col">Reason</th>
        </tr>
      </thead>
      <tbody>
        {answered.map((request) => (
          <tr key={request.id}>
            <th scope="row">
              {request.grantId ? (
                <Link to={`/account/passes/${pass.id}/grants/${request.grantId}`}>
                  <Bidi>{request.email}</Bidi>
                </Link>
              ) : (
                <Person request={request} />
              )}
            </th>
            <td className="nowrap">{request.said}</td>
            <td className="nowrap">
              {request.decidedAt && <When at={request.decidedAt} zone={zone} size="day" />}
            </td>
            <td>
              {request.decidedBy ? <Bidi>{request.decidedBy}</Bidi> : <span className="small">Nobody</span>}
            </td>
            <td className="words">
              {request.reason ? <Bidi>{request.reason}</Bidi> : <span className="small">None given</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

export { FailureBoundary as ErrorBoundary };
