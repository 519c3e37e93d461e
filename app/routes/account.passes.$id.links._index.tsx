import { randomUUID } from "node:crypto";
import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { EndFields } from "#app/components/end-fields.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { linkForm } from "#app/domain/pass-links/fields.ts";
import { insertLink, listLinks, mostLinks } from "#app/domain/pass-links/links.ts";
import { linkStateWords, usesWords } from "#app/domain/pass-links/words.ts";
import { findPass } from "#app/domain/passes/lists.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { zoneNames } from "#app/domain/passes/terms.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Links for ${data.pass.name}`, error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const of = { spaceId: team.spaceId, passId: id };
  const [pass, links] = await Promise.all([findPass(context.db, of), listLinks(context.db, of)]);
  if (!pass) throw absent();
  const zone = readTimeZone(request, viewer.timeZone);
  return {
    pass: { id, name: pass.name, given: !pass.retired && !pass.over },
    links: links.map(({ id, name, state, endsAt, madeAt, madeBy, ...link }) => ({
      ...{ id, name, madeBy },
      state: linkStateWords[state],
      uses: usesWords(link),
      endsAt: endsAt?.toISOString() ?? null,
      madeAt: madeAt.toISOString(),
    })),
    formKey: randomUUID(),
    timeZone: pass.termTimeZone ?? zone ?? "UTC",
    zones: zoneNames(),
    query: teamQuery(teams, team),
    zone,
    draft: await takeDraft({ request, context }),
  };
}

export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, id } = await requireTeamOf({ request, context }, wanted);
  const form = await readForm(request, linkForm);
  if (!form.ok) return refuse(form);
  const of = { spaceId: team.spaceId, passId: id, actorId: viewer.userId };
  const secrets = context.config.sessionSecrets;
  const made = await insertLink(context.db, secrets, { ...of, fields: form.value });
  if (made.ok) return redirect(`/account/passes/${id}/links/${made.linkId}`, 303);
  if (made.reason === "made_before") return redirect(`/account/passes/${id}/links`, 303);
  if (made.reason === "past")
    return refuse(problem("date", "This moment is past. Choose a later day.", form.typed));
  const sentence =
    made.reason === "gone"
      ? "This pass is no longer given: a link of it would open nothing."
      : `${mostLinks} links of this pass are open. Revoke one that nobody needs.`;
  return refuse(problem("", sentence, form.typed), 409);
}

export default function Links() {
  const { pass, links, query } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title="Invite links"
        above={
          <Breadcrumbs
            items={[
              { to: `/account/passes${query}`, label: "Passes" },
              { to: `/account/passes/${pass.id}`, label: pass.name },
            ]}
          />
        }
        lead="Whoever opens such a link gets the pass from you: at no price, also before and after its sale. Seats, its end and your bans still count."
      />
      {links.length === 0 ? (
        <EmptyList>Links that you make stand here, with how many people took the pass by each.</EmptyList>
      ) : (
        <Made />
      )}
      {pass.given && <Make />}
    </Page>
  );
}

function Made() {
  const { pass, links, zone } = useLoaderData<typeof loader>();
  return (
    <Table caption="Links of this pass" hideCaption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col">Taken</th>
          <th scope="col">Ends</th>
          <th scope="col">Made</th>
        </tr>
      </thead>
      <tbody>
        {links.map((link) => (
          <tr key={link.id}>
            <th scope="row">
              <Link to={`/account/passes/${pass.id}/links/${link.id}`}>
                <Bidi>{link.name}</Bidi>
              </Link>
            </th>
            <td className="nowrap">{link.state}</td>
            <td className="nowrap num">{link.uses}</td>
            <td className="nowrap">
              {link.endsAt ? <When at={link.endsAt} zone={zone} size="day" /> : "Never"}
            </td>
            <td>
              <When at={link.madeAt} zone={zone} size="day" /> by <Bidi>{link.madeBy}</Bidi>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Make() {
  const { formKey, timeZone, zones, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  const value = (name: string) => typedText(typed, name);
  return (
    <section className="part">
      <h2>Make a link</h2>
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems).filter(({ name }) => name !== "")}>
          {refused?.problems[""]?.[0]}
        </FormError>
        <input type="hidden" name="formKey" value={formKey} />
        <TextField
          label="Name"
          name="name"
          hint="For your team alone: where you hand it on, such as “Newsletter”."
          error={refused?.problems.name}
          defaultValue={value("name")}
          autoComplete="off"
          required
          maxLength={80}
        />
        <TextField
          label="How many people"
          name="uses"
          inputMode="numeric"
          hint="Each person takes the pass once. Empty means as many as want to."
          error={refused?.problems.uses}
          defaultValue={value("uses")}
          autoComplete="off"
        />
        <EndFields
          value={(name) =>
            value(name) ?? (name === "timeZone" ? timeZone : name === "end" ? "none" : undefined)
          }
          problems={refused?.problems}
          zones={zones}
          none="Until you revoke it."
        />
        <SubmitButton kind="go" pending="Making it…">
          Make the link
        </SubmitButton>
      </Form>
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
