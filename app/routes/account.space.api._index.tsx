import { randomUUID } from "node:crypto";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { Choice } from "#app/components/choice.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Page } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { ShownOnce } from "#app/components/shown-once.tsx";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { keyForm } from "#app/domain/api-keys/fields.ts";
import { insertKey, listKeys, mostKeys } from "#app/domain/api-keys/keys.ts";
import { scopes, scopeWords } from "#app/domain/api-keys/scopes.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedList, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("API keys", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "owner" });
  const keys = await listKeys(context.db, team.spaceId);
  return {
    keys: keys.map(({ madeAt, lastUsedAt, revokedAt, scopes, ...key }) => ({
      ...key,
      scopes: scopes.join(", "),
      madeAt: madeAt.toISOString(),
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
      revokedAt: revokedAt?.toISOString() ?? null,
    })),
    choices: scopes.map((scope) => ({ value: scope, label: scopeWords[scope], hint: scope })),
    revoked: new URL(request.url).searchParams.has("revoked"),
    formKey: randomUUID(),
    name: team.name,
    query: teamQuery(teams, team),
    zone: readTimeZone(request, viewer.timeZone),
    draft: await takeDraft({ request, context }),
  };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam({ request, context }, { least: "owner" });
  const form = await readForm(request, keyForm);
  if (!form.ok) return refuse(form);
  const made = await insertKey(context.db, {
    spaceId: team.spaceId,
    actorId: viewer.userId,
    ...form.value,
  });
  // The only answer that ever holds it: it is in no address and on no other page.
  if (made.ok) return { made: { name: form.value.name, secret: made.secret } };
  if (made.reason === "gone") throw absent("This space has closed.", 410);
  const sentence =
    made.reason === "made_before"
      ? "This key was made already, and its secret is not shown a second time. Revoke it, and make another."
      : `${mostKeys} keys work already. Revoke one that nobody needs.`;
  return refuse(problem("", sentence, form.typed), 409);
}

export default function ApiKeys() {
  const { keys, revoked, name, query } = useLoaderData<typeof loader>();
  const acted = useActionData<typeof action>();
  const made = acted && "made" in acted ? acted.made : undefined;
  return (
    <Page>
      <PageHeader
        title="API keys"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: name }]} />}
        lead="With a key, a program of yours gives passes and schedules streams, as you do here."
        actions={<ButtonLink to="/api">How the API is used</ButtonLink>}
      />
      {made && (
        <ShownOnce
          title={`The key “${made.name}” is made.`}
          label="The key"
          secret={made.secret}
          button="Copy the key"
        />
      )}
      {revoked && !acted && (
        <Notice role="status">The key is revoked. What uses it is refused from now on.</Notice>
      )}
      {keys.length === 0 ? (
        <EmptyList>Keys that you make stand here, with when each was used last.</EmptyList>
      ) : (
        <Keys />
      )}
      <MakeKey />
    </Page>
  );
}

function Keys() {
  const { keys, zone, query } = useLoaderData<typeof loader>();
  return (
    <Table caption="Keys of this space" hideCaption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Begins with</th>
          <th scope="col">May do</th>
          <th scope="col">Made</th>
          <th scope="col">Last used</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row">
              <Bidi>{key.name}</Bidi>
            </th>
            <td>
              <code>{key.prefix}…</code>
            </td>
            <td>{key.scopes}</td>
            <td>
              <When at={key.madeAt} zone={zone} size="day" /> by <Bidi>{key.madeBy}</Bidi>
            </td>
            <td>{key.lastUsedAt ? <When at={key.lastUsedAt} zone={zone} /> : "Never"}</td>
            <td className="end">
              {key.revokedAt ? (
                <>
                  Revoked <When at={key.revokedAt} zone={zone} size="day" />
                  {key.ownerLeft && ": who made it is no owner any more"}
                </>
              ) : (
                <Link
                  to={`/account/space/api/${key.id}/revocation${query}`}
                  aria-label={`Revoke ${key.name}`}
                >
                  Revoke
                </Link>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function MakeKey() {
  const { choices, formKey, draft } = useLoaderData<typeof loader>();
  const acted = useActionData<typeof action>();
  const refused = acted && "problems" in acted ? acted : undefined;
  const typed = refused?.typed ?? draft;
  return (
    <section className="part">
      <h2>Make a key</h2>
      <Form method="post" className="form" noValidate key={refused ? "refused" : formKey}>
        <FormError problems={listProblems(refused?.problems).filter(({ name }) => name !== "")}>
          {refused?.problems[""]?.[0]}
        </FormError>
        <input type="hidden" name="formKey" value={formKey} />
        <TextField
          label="Name"
          name="name"
          hint="What it is for, such as “Shop” or “Newsletter”. Make one for each program: then you can revoke one alone."
          error={refused?.problems.name}
          defaultValue={typedText(typed, "name")}
          autoComplete="off"
          required
          maxLength={80}
        />
        <Choice
          label="What it may do"
          name="scopes"
          several
          options={choices}
          error={refused?.problems.scopes}
          defaultValue={typedList(typed, "scopes")}
        />
        <p className="small">
          It acts in your name, and is revoked when you stop being an owner of this space.
        </p>
        <SubmitButton kind="go" pending="Making it…">
          Make the key
        </SubmitButton>
      </Form>
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
