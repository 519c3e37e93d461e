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
import { TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { spaceClosingForm } from "#app/domain/spaces/fields.ts";
import { retireSpace } from "#app/domain/spaces/spaces.ts";
import { absent } from "#app/http/absent.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Close the space", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "owner" });
  return { slug: team.slug, name: team.name, query: teamQuery(teams, team) };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { team } = await requireTeam({ request, context }, { least: "owner" });
  const form = await readForm(request, spaceClosingForm);
  if (!form.ok) return refuse(form);
  if (form.value.address !== team.slug)
    return refuse(
      problem("address", `This is not the space's address. Type ${team.slug} to close it.`, form.typed),
    );
  const closed = await retireSpace(context.db, context.queue, { spaceId: team.spaceId });
  if (closed.ok) return redirect("/account");
  if (closed.reason === "gone") throw absent("This space has closed already.", 410);
  return refuse(
    problem("", `“${closed.title}” is going on right now. End it first, then close the space.`, form.typed),
    409,
  );
}

export default function CloseSpace() {
  const { slug, name, query } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        title="Close the space"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: name }]} />}
      />
      <div className="stack measure">
        <p>
          This closes <Bidi>{name}</Bidi> for good. You cannot open it again.
        </p>
        <ul>
          <li>Its pages and its passes are gone for everybody.</li>
          <li>Streams that are scheduled are cancelled.</li>
          <li>Nobody can watch its replays any more, also not with a pass that still runs.</li>
          <li>Its address stays taken.</li>
        </ul>
        <p>Download the recordings that you want to keep before.</p>
      </div>
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems).filter(({ name }) => name !== "")}>
          {refused?.problems[""]?.[0]}
        </FormError>
        <TextField
          label={`To be sure, type the space's address: ${slug}`}
          name="address"
          error={refused?.problems.address}
          defaultValue={typedText(refused?.typed, "address")}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          dir="ltr"
          required
        />
        <div className="row">
          <SubmitButton pending="Closing it…">Close the space for good</SubmitButton>
          <ButtonLink kind="quiet" to={`/account/space${query}`}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
