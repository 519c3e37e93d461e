import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { CopyLink } from "#app/components/copy-link.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { GrantList } from "#app/components/grant-list.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { PassNumbers, PassSaleTimes } from "#app/components/pass-numbers.tsx";
import {
  atExpiryWords,
  devicesOfPerson,
  Opens,
  PassLength,
  priceWords,
} from "#app/components/pass-ticket.tsx";
import { giveForm } from "#app/domain/grants/fields.ts";
import { type GiveRefusal, giveGrant } from "#app/domain/grants/gifts.ts";
import { findPass } from "#app/domain/passes/lists.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { searchGrants } from "#app/http/grant-search.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data: page, error }) => pageTitle(page?.pass.name, error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "host", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const { spaceId } = team;
  const url = new URL(request.url);
  const [pass, list] = await Promise.all([
    findPass(context.db, { spaceId, passId: id }),
    searchGrants({ request, context }, { spaceId, passId: id }),
  ]);
  if (!pass) throw absent();
  const { slug, experiences, termUntil, saleStartsAt, saleEndsAt, description: _, ...rest } = pass;
  const page = {
    pass: {
      ...rest,
      termUntil: termUntil?.toISOString() ?? null,
      saleStartsAt: saleStartsAt?.toISOString() ?? null,
      saleEndsAt: saleEndsAt?.toISOString() ?? null,
      experiences: experiences.map((experience) => experience.name),
      url: `${context.config.publicUrl}/${team.slug}/passes/${slug}`,
    },
    list,
    owner: team.role === "owner",
    query: teamQuery(teams, team),
    saved: url.searchParams.has("saved"),
    given: url.searchParams.get("given"),
    zone: readTimeZone(request, viewer.timeZone),
    draft: await takeDraft({ request, context }),
  };
  return data(page, { status: list.problems ? 400 : 200 });
}

/** Gives the pass to somebody. */
export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, id } = await requireTeamOf({ request, context }, wanted);
  const form = await readForm(request, giveForm);
  if (!form.ok) return refuse(form);
  const { email } = form.value;
  const to = { spaceId: team.spaceId, passId: id, email, grantedBy: viewer.userId };
  const given = await giveGrant(context.db, context.queue, to);
  if (given.ok) return redirect(`/account/passes/${id}?given=${encodeURIComponent(email)}`);
  return refuse(
    problem("email", giveRefusals[given.reason], form.typed),
    given.reason === "gone" ? 409 : 400,
  );
}

const giveRefusals: Record<GiveRefusal["reason"], string> = {
  gone: "This pass is retired, and can no longer be given.",
  over: "This pass has reached its last day. Give it a later one first.",
  held: "Somebody with this address holds the pass already.",
  disabled: "The account with this address is switched off.",
  no_seat: "No seat is free: all are held, or people wait for the next. Raise the number of seats first.",
  too_many: "Your space gave many passes today. Go on tomorrow, or hand on the link of the pass.",
};

export default function PassOfTeam() {
  const { pass, list, owner, query, saved, given, zone } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const offered = !pass.retired && !pass.over;
  const receiver = list.grants.find(({ email }) => email === given);
  return (
    <Page>
      <PageHeader
        title={pass.name}
        above={<Breadcrumbs items={[{ to: `/account/passes${query}`, label: "Passes" }]} />}
        actions={
          owner &&
          !pass.retired && <ButtonLink to={`/account/passes/${pass.id}/edit`}>Edit the pass</ButtonLink>
        }
      />
      {!refused && saved && <Notice role="status">Saved.</Notice>}
      {!refused && receiver && (
        <Notice role="status">
          <Bidi>{receiver.email}</Bidi> holds it now. We are writing to them what it opens, until when, and
          where.
        </Notice>
      )}
      {pass.retired && (
        <Notice title="Retired">Nobody gets it any more. Who holds it keeps it to its end.</Notice>
      )}
      <Two
        label="About the pass"
        aside={
          <>
            <div className="stack" data-gap="small">
              <p>
                <Opens names={pass.experiences} />
              </p>
              <p>
                <PassLength pass={pass} zone={zone} />
              </p>
              {pass.term !== "open" && <p className="small">{atExpiryWords[pass.atExpiry]}</p>}
              <p className="small">{devicesOfPerson(pass.devices)}</p>
              <p>{priceWords(pass)}.</p>
              <PassSaleTimes pass={pass} zone={zone} />
            </div>
            {offered && <CopyLink url={pass.url} label="Where people get it" />}
            {owner && (
              <p>
                <Link to={`/account/passes/${pass.id}/links`}>Invite links</Link> give it to whoever opens
                them.
              </p>
            )}
            {owner && !pass.retired && (
              <p className="small">
                No longer offered? <Link to={`/account/passes/${pass.id}/retirement`}>Retire the pass</Link>
              </p>
            )}
          </>
        }
      >
        <PassNumbers pass={pass} />
        {owner && offered && <Give key={given} />}
      </Two>
      <section className="part">
        <h2>Who holds it</h2>
        <GrantList list={list} zone={zone} empty={noHolders} />
      </section>
    </Page>
  );
}

const noHolders = "People stand here as soon as they get the pass on its page, or you give it to them.";

function Give() {
  const { draft, pass } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <section className="part">
      <h2>Give it to somebody</h2>
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <TextField
          label="Mail address"
          name="email"
          type="email"
          hint="They need not have been here before. We write to them."
          error={refused?.problems.email}
          defaultValue={typedText(refused?.typed ?? draft, "email")}
          autoComplete="off"
          required
        />
        <SubmitButton kind={pass.asked > 0 ? "plain" : "go"} pending="Giving it…">
          Give the pass
        </SubmitButton>
      </Form>
      <p className="small">
        Many at once? <Link to={`/account/passes/${pass.id}/imports`}>Add people from a file</Link>
      </p>
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
