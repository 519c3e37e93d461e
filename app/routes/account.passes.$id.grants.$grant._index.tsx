import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { Confirm } from "#app/components/confirm.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { When } from "#app/components/when.tsx";
import { findGrant } from "#app/domain/grants/lists.ts";
import { mayMoveGrant } from "#app/domain/grants/moves.ts";
import { grantWords } from "#app/domain/grants/words.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `${data.grant.passName}, ${data.grant.email}`, error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "host", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const ids = { spaceId: team.spaceId, passId: id, grantId: params.grant ?? "" };
  const grant = isId(params.grant) ? await findGrant(context.db, ids) : undefined;
  if (!grant) throw absent("Nobody holds such a pass.");
  const { startsAt, endsAt, statusChangedAt, mailedAt, ...shown } = grant;
  const owner = team.role === "owner";
  return {
    passId: id,
    grant: {
      ...shown,
      startsAt: startsAt.toISOString(),
      endsAt: endsAt?.toISOString() ?? null,
      statusChangedAt: statusChangedAt.toISOString(),
      mailedAt: mailedAt?.toISOString() ?? null,
    },
    mayCancel: owner && mayMoveGrant("cancel", grant.status),
    mayRefund: owner && mayMoveGrant("refund", grant.status),
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
  };
}

export default function GrantOfTeam() {
  const { passId, grant, mayCancel, mayRefund, query, zone } = useLoaderData<typeof loader>();
  const path = `/account/passes/${passId}/grants/${grant.id}`;
  const closed = grant.status === "cancelled" || grant.status === "refunded";
  return (
    <Narrow>
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
          {grantWords(grant)}
        </Fact>
        <Fact label="From">
          <When at={grant.startsAt} zone={zone} />
        </Fact>
        <Fact label="Until">{grant.endsAt ? <When at={grant.endsAt} zone={zone} /> : "No end"}</Fact>
        <Fact label="How" note={grant.givenBy && <Bidi>{grant.givenBy}</Bidi>}>
          {grant.source === "claim" ? "Got it on its page" : "Given"}
        </Fact>
        {grant.source === "given" && (
          <Fact label="Our letter">
            {grant.mailedAt ? <When at={grant.mailedAt} zone={zone} /> : "On its way"}
          </Fact>
        )}
      </Facts>
      <div className="row">
        {mayCancel && (
          <Confirm
            label="Take it back"
            question="It stops opening anything at once, also a stream that they are watching right now. They cannot get it again by themselves; you can give it again."
          >
            <Form method="post" action={`${path}/cancellation`}>
              <SubmitButton pending="Taking it back…" formAction={`${path}/cancellation`}>
                Take the pass back
              </SubmitButton>
            </Form>
          </Confirm>
        )}
        {mayRefund && (
          <Confirm
            label="Mark as refunded"
            question="For your books: it was paid back. It opens nothing from now on, and this cannot be undone. No money is moved by it."
          >
            <Form method="post" action={`${path}/refund`}>
              <SubmitButton pending="Marking it…" formAction={`${path}/refund`}>
                Mark the pass as refunded
              </SubmitButton>
            </Form>
          </Confirm>
        )}
      </div>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
