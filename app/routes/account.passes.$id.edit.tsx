import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { sayHolders } from "#app/components/holders.ts";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { PassFields } from "#app/components/pass-form.tsx";
import { listExperiences } from "#app/domain/experiences/experiences.ts";
import { passForm, usualDevices } from "#app/domain/passes/fields.ts";
import { findPass } from "#app/domain/passes/lists.ts";
import { findSpaceOfPass, updatePass } from "#app/domain/passes/passes.ts";
import { currencies } from "#app/domain/passes/prices.ts";
import { zoneNames } from "#app/domain/passes/terms.ts";
import { typePass } from "#app/domain/passes/typed.ts";
import { passRefusals } from "#app/domain/passes/words.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedList, typedText } from "#app/http/forms.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Edit ${data.values.name}`, error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const [pass, experiences] = await Promise.all([
    findPass(context.db, { spaceId: team.spaceId, passId: id }),
    listExperiences(context.db, team.spaceId),
  ]);
  if (!pass) throw absent();
  if (pass.retired) throw absent("This pass is retired, and can no longer be changed.", 410);
  const timeZone = pass.termTimeZone ?? readTimeZone(request, viewer.timeZone) ?? "UTC";
  return {
    id,
    values: typePass(pass, timeZone),
    chosen: pass.experiences.map((experience) => experience.id),
    holders: pass.holders,
    moreHolders: pass.moreHolders,
    experiences: experiences.filter(({ retired }) => !retired).map(({ id, name }) => ({ id, name })),
    zones: zoneNames(),
    currencies,
    usualDevices,
    stock: pass.stock,
    query: teamQuery(teams, team),
    draft: await takeDraft({ request, context }),
  };
}

export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { team, id } = await requireTeamOf({ request, context }, wanted);
  const form = await readForm(request, passForm);
  if (!form.ok) return refuse(form);
  const saved = await updatePass(context.db, context.queue, {
    spaceId: team.spaceId,
    passId: id,
    fields: form.value,
  });
  if (saved.ok) return redirect(`/account/passes/${id}?saved`);
  if (saved.reason === "gone") throw absent("This pass is retired, and can no longer be changed.", 410);
  return refuse(problem(...passRefusals[saved.reason], form.typed));
}

export default function EditPass() {
  const {
    id,
    values,
    chosen,
    holders,
    moreHolders,
    experiences,
    zones,
    currencies,
    usualDevices,
    stock,
    query,
    draft,
  } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Narrow>
      <PageHeader
        title="Edit the pass"
        above={
          <Breadcrumbs
            items={[
              { to: `/account/passes${query}`, label: "Passes" },
              { to: `/account/passes/${id}`, label: values.name ?? "" },
            ]}
          />
        }
      />
      {holders > 0 && (
        <Notice
          title={
            holders === 1
              ? "One person holds this pass"
              : `${sayHolders({ holders, moreHolders })} people hold this pass`
          }
        >
          What it opens, and what happens when it ends during a stream, changes for them at once. How long it
          lasts and what it costs counts only for who gets it from now on.
          {stock !== null &&
            " Fewer seats than people hold it take it away from nobody: new ones are given when enough have ended."}
        </Notice>
      )}
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <PassFields
          value={(name) => typedText(typed, name) ?? values[name]}
          chosen={typedList(typed, "experiences") ?? chosen}
          problems={refused?.problems ?? {}}
          experiences={experiences}
          zones={zones}
          currencies={currencies}
          usualDevices={usualDevices}
          note={
            holders > 0
              ? "What you take out here is closed at once to everybody who holds the pass."
              : undefined
          }
        />
        <SubmitButton kind="go" pending="Saving…">
          Save
        </SubmitButton>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
