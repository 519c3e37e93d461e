import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import {
  findExperience,
  findSpaceOfExperience,
  retireExperience,
} from "#app/domain/experiences/experiences.ts";
import { absent } from "#app/http/absent.ts";
import { problem, refuse } from "#app/http/forms.ts";
import { requireTeamOf, teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Retire the experience", error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfExperience } as const;
  const { team, id } = await requireTeamOf({ request, context }, wanted);
  const experience = await findExperience(context.db, { spaceId: team.spaceId, experienceId: id });
  if (!experience) throw absent();
  if (experience.retired) throw absent("This experience is retired already.", 410);
  return { id, name: experience.name };
}

export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfExperience } as const;
  const { team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const retired = await retireExperience(context.db, context.queue, {
    spaceId: team.spaceId,
    experienceId: id,
  });
  // Retired already means by a second press: the same page follows.
  if (retired.ok || retired.reason === "gone")
    return redirect(`/account/space/experiences${teamQuery(teams, team)}`);
  return refuse(
    problem("", `“${retired.title}” is going on right now. End it first, then retire the experience.`, {}),
    409,
  );
}

export default function RetireExperience() {
  const { id, name } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const back = `/account/space/experiences/${id}`;
  return (
    <Narrow>
      <PageHeader title="Retire the experience" above={<Breadcrumbs items={[{ to: back, label: name }]} />} />
      <div className="stack measure">
        <p>
          This retires <Bidi>{name}</Bidi> for good. You cannot bring it back.
        </p>
        <ul>
          <li>Its page is gone, and passes no longer open it.</li>
          <li>Its streams that are scheduled are cancelled.</li>
          <li>Only your team can still watch its replays.</li>
          <li>The passes themselves stay, with whatever else they open.</li>
        </ul>
      </div>
      <Form method="post" className="form">
        <FormError>{refused?.problems[""]?.[0]}</FormError>
        <div className="row">
          <SubmitButton pending="Retiring it…">Retire the experience for good</SubmitButton>
          <ButtonLink kind="quiet" to={back}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
