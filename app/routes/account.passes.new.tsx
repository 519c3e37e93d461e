import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { PassFields } from "#app/components/pass-form.tsx";
import { listExperiences } from "#app/domain/experiences/experiences.ts";
import { passForm, usualDevices } from "#app/domain/passes/fields.ts";
import { insertPass } from "#app/domain/passes/passes.ts";
import { currencies } from "#app/domain/passes/prices.ts";
import { zoneNames } from "#app/domain/passes/terms.ts";
import { passRefusals } from "#app/domain/passes/words.ts";
import { findFirstSteps } from "#app/domain/spaces/spaces.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedList, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Make a pass", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "owner" });
  const experiences = await listExperiences(context.db, team.spaceId);
  return {
    experiences: experiences.filter(({ retired }) => !retired).map(({ id, name }) => ({ id, name })),
    space: team.name,
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
    zones: zoneNames(),
    currencies,
    usualDevices,
    draft: await takeDraft({ request, context }),
  };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "owner" });
  const form = await readForm(request, passForm);
  if (!form.ok) return refuse(form);
  const made = await insertPass(context.db, { spaceId: team.spaceId, fields: form.value });
  if (!made.ok) {
    if (made.reason === "gone") throw absent("This space has closed.", 410);
    return refuse(problem(...passRefusals[made.reason], form.typed));
  }
  const { stream } = await findFirstSteps(context.db, team.spaceId);
  return redirect(stream ? `/account/passes/${made.id}` : `/account/space${teamQuery(teams, team)}`);
}

export default function NewPass() {
  const { experiences, space, query, zone, zones, currencies, usualDevices, draft } =
    useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  const only = experiences.length === 1 ? experiences.map(({ id }) => id) : [];
  return (
    <Narrow>
      <PageHeader
        title="Make a pass"
        above={
          <Breadcrumbs
            items={[
              { to: `/account/space${query}`, label: space },
              { to: `/account/passes${query}`, label: "Passes" },
            ]}
          />
        }
      />
      {experiences.length === 0 ? (
        <EmptyList
          next={
            <ButtonLink kind="go" to={`/account/space/experiences/new${query}`}>
              Make an experience
            </ButtonLink>
          }
        >
          A pass opens experiences, and this space has none yet.
        </EmptyList>
      ) : (
        <Form method="post" className="form" noValidate>
          <FormError problems={listProblems(refused?.problems)} />
          <PassFields
            value={(name) => typedText(typed, name) ?? (name === "timeZone" ? (zone ?? "UTC") : undefined)}
            chosen={typedList(typed, "experiences") ?? only}
            problems={refused?.problems ?? {}}
            experiences={experiences}
            zones={zones}
            currencies={currencies}
            usualDevices={usualDevices}
          />
          <SubmitButton kind="go" pending="Making it…">
            Make the pass
          </SubmitButton>
        </Form>
      )}
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
