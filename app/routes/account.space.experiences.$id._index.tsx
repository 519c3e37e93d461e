import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { TextArea, TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import {
  findExperience,
  findSpaceOfExperience,
  updateExperience,
} from "#app/domain/experiences/experiences.ts";
import { experienceForm } from "#app/domain/experiences/fields.ts";
import { absent } from "#app/http/absent.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) => pageTitle(data?.experience.name, error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfExperience } as const;
  const { team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const experience = await findExperience(context.db, { spaceId: team.spaceId, experienceId: id });
  if (!experience) throw absent();
  if (experience.retired) throw absent("This experience is retired.", 410);
  const { slug: space, name: spaceName } = team;
  return {
    experience,
    space,
    spaceName,
    query: teamQuery(teams, team),
    draft: await takeDraft({ request, context }),
  };
}

export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfExperience } as const;
  const { team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const form = await readForm(request, experienceForm);
  if (!form.ok) return refuse(form);
  const saved = await updateExperience(context.db, {
    spaceId: team.spaceId,
    experienceId: id,
    ...form.value,
  });
  if (!saved) throw absent("This experience is retired.", 410);
  return redirect(`/account/space/experiences${teamQuery(teams, team)}`);
}

export default function EditExperience() {
  const { experience, space, spaceName, query, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Narrow>
      <PageHeader
        title={experience.name}
        above={
          <Breadcrumbs
            items={[
              { to: `/account/space${query}`, label: spaceName },
              { to: `/account/space/experiences${query}`, label: "Experiences" },
            ]}
          />
        }
        actions={<ButtonLink to={`/${space}/${experience.slug}`}>See it as others do</ButtonLink>}
      />
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <TextField
          label="Name"
          name="name"
          hint={`Its address stays: /${space}/${experience.slug}`}
          error={refused?.problems.name}
          defaultValue={typedText(typed, "name") ?? experience.name}
          required
          maxLength={80}
        />
        <TextArea
          label="Description"
          name="description"
          error={refused?.problems.description}
          defaultValue={typedText(typed, "description") ?? experience.description}
        />
        <SubmitButton kind="go" pending="Saving…">
          Save
        </SubmitButton>
      </Form>
      <p className="small">
        Is it over?{" "}
        <Link to={`/account/space/experiences/${experience.id}/retirement`}>Retire the experience</Link>
      </p>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
