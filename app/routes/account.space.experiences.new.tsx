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
import { TextArea, TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { insertExperience } from "#app/domain/experiences/experiences.ts";
import { experienceForm } from "#app/domain/experiences/fields.ts";
import { findFirstSteps } from "#app/domain/spaces/spaces.ts";
import { absent } from "#app/http/absent.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Make an experience", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "owner" });
  return { space: team.name, query: teamQuery(teams, team), draft: await takeDraft({ request, context }) };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "owner" });
  const form = await readForm(request, experienceForm);
  if (!form.ok) return refuse(form);
  const made = await insertExperience(context.db, { spaceId: team.spaceId, ...form.value });
  if (!made) throw absent("This space has closed.", 410);
  const steps = await findFirstSteps(context.db, team.spaceId);
  const query = teamQuery(teams, team);
  return redirect(
    steps.pass && steps.stream ? `/account/space/experiences${query}` : `/account/space${query}`,
  );
}

export default function NewExperience() {
  const { space, query, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Narrow>
      <PageHeader
        title="Make an experience"
        above={
          <Breadcrumbs
            items={[
              { to: `/account/space${query}`, label: space },
              { to: `/account/space/experiences${query}`, label: "Experiences" },
            ]}
          />
        }
        lead="What people get access to: a series of streams, for example."
      />
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <TextField
          label="Name"
          name="name"
          hint="“Monday critiques”. Its address is made from it, and stays when you change the name."
          error={refused?.problems.name}
          defaultValue={typedText(typed, "name")}
          required
          maxLength={80}
        />
        <TextArea
          label="Description"
          name="description"
          hint="What happens there, and for whom. You can leave it empty."
          error={refused?.problems.description}
          defaultValue={typedText(typed, "description")}
        />
        <SubmitButton kind="go" pending="Making it…">
          Make the experience
        </SubmitButton>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
