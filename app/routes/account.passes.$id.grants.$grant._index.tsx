import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { When, ZoneNote } from "#app/components/when.tsx";
import { listGrantEvents } from "#app/domain/grants/history.ts";
import { mayMoveGrant } from "#app/domain/grants/moves.ts";
import { eventWords, grantWords, sourceWords } from "#app/domain/grants/words.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireGrantOfTeam } from "#app/http/grant-of-team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `${data.grant.passName}, ${data.grant.email}`, error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, team, teams, grant, page, act } = await requireGrantOfTeam(args, { least: "host" });
  const events = await listGrantEvents(args.context.db, act);
  const { startsAt, endsAt, statusChangedAt, mailedAt, endPassed: _, passTimeZone: __, ...shown } = grant;
  const may = (move: Parameters<typeof mayMoveGrant>[0]) =>
    team.role === "owner" && mayMoveGrant(move, grant.status);
  return {
    page,
    passId: act.passId,
    grant: {
      ...shown,
      words: grantWords(grant),
      how: sourceWords[grant.source],
      startsAt: startsAt.toISOString(),
      endsAt: endsAt?.toISOString() ?? null,
      statusChangedAt: statusChangedAt.toISOString(),
      mailedAt: mailedAt?.toISOString() ?? null,
    },
    events: events.map(({ kind, at, endsBefore, endsAfter, ...event }) => ({
      ...event,
      kind,
      words: eventWords[kind],
      at: at.toISOString(),
      endsBefore: endsBefore?.toISOString() ?? null,
      endsAfter: endsAfter?.toISOString() ?? null,
    })),
    may: { end: may("end"), cancel: may("cancel"), refund: may("refund"), restore: may("restore") },
    owner: team.role === "owner",
    query: teamQuery(teams, team),
    zone: readTimeZone(args.request, viewer.timeZone),
  };
}

export default function GrantOfTeam() {
  const { page, passId, grant, may, query, zone } = useLoaderData<typeof loader>();
  const closed = grant.status === "cancelled" || grant.status === "refunded";
  return (
    <Page>
      <PageHeader
        title={grant.passName}
        lead={
          <p>
            Held by <Bidi>{grant.email}</Bidi>
          </p>
        }
        above={
          <Breadcrumbs
            items={[
              { to: `/account/passes${query}`, label: "Passes" },
              { to: `/account/passes/${passId}`, label: grant.passName },
            ]}
          />
        }
      />
      <Facts>
        <Fact label="Status" note={closed && <When at={grant.statusChangedAt} zone={zone} />}>
          {grant.words}
        </Fact>
        <Fact label="From">
          <When at={grant.startsAt} zone={zone} />
        </Fact>
        <Fact label="Until">{grant.endsAt ? <When at={grant.endsAt} zone={zone} /> : "No end"}</Fact>
        <Fact label="How" note={grant.givenBy && <Bidi>{grant.givenBy}</Bidi>}>
          {grant.how}
          {grant.linkId && (
            <>
              : <ByLink />
            </>
          )}
        </Fact>
        {grant.noMailbox && (
          <Fact label="Mail" note="Ask for another address, and give the pass to that one.">
            Comes back: this mailbox does not exist
          </Fact>
        )}
        {grant.source === "given" && (grant.mailedAt !== null || !grant.noMailbox) && (
          <Fact label="Our letter">
            {grant.mailedAt ? (
              <When at={grant.mailedAt} zone={zone} />
            ) : grant.letterLeftOut ? (
              "None: your space had sent its letters of the day"
            ) : (
              "On its way"
            )}
          </Fact>
        )}
      </Facts>
      {Object.values(may).includes(true) && (
        <div className="row">
          {may.restore && <ButtonLink to={`${page}/restoration`}>Restore the pass</ButtonLink>}
          {may.end && <ButtonLink to={`${page}/end`}>Extend or shorten</ButtonLink>}
          {may.cancel && <ButtonLink to={`${page}/cancellation`}>Take the pass back</ButtonLink>}
          {may.refund && <ButtonLink to={`${page}/refund`}>Mark as refunded</ButtonLink>}
        </div>
      )}
      <History />
    </Page>
  );
}

function History() {
  const { events, zone } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>History</h2>
      {events.length === 0 ? (
        <p>What happens to it from now on stands here.</p>
      ) : (
        <>
          <Table caption="What happened to this pass" hideCaption>
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">Its end</th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              {events.map((event) => (
                <tr key={event.id}>
                  <th scope="row">
                    {event.words}
                    {event.kind === "link_taken" && (
                      <span className="small line-below">
                        <ByLink />
                      </span>
                    )}
                  </th>
                  <td className="nowrap">
                    <Short at={event.at} />
                  </td>
                  <td>
                    {event.by ? <Bidi>{event.by}</Bidi> : event.kind === "expired" ? "By itself" : "Unknown"}
                  </td>
                  <td className="nowrap">
                    <Ends event={event} />
                  </td>
                  <td className="words">
                    {event.reason ? <Bidi>{event.reason}</Bidi> : <span className="small">None given</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
          <ZoneNote zone={zone} />
        </>
      )}
    </section>
  );
}

/** The link by which they took it, which only owners open. */
function ByLink() {
  const { passId, grant, owner } = useLoaderData<typeof loader>();
  const name = <Bidi>{grant.linkName ?? ""}</Bidi>;
  return owner ? <Link to={`/account/passes/${passId}/links/${grant.linkId}`}>{name}</Link> : name;
}

function Short({ at }: { at: string }) {
  const { zone } = useLoaderData<typeof loader>();
  return (
    <>
      <When at={at} zone={zone} size="day" />, <When at={at} zone={zone} size="time" />
    </>
  );
}

type Event = ReturnType<typeof useLoaderData<typeof loader>>["events"][number];

/** The end before and after, where the change moved it. */
function Ends({ event: { kind, endsBefore, endsAfter } }: { event: Event }) {
  const after = endsAfter ? <Short at={endsAfter} /> : "No end";
  if (kind !== "extended" && kind !== "shortened" && !(kind === "restored" && endsBefore !== endsAfter))
    return after;
  return (
    <>
      <span className="small line-below">
        was {endsBefore ? <Short at={endsBefore} /> : "without an end"}
      </span>
      {after}
    </>
  );
}

export { FailureBoundary as ErrorBoundary };
