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
import { reasonForm } from "#app/domain/grants/fields.ts";
import { declineRequest } from "#app/domain/passes/requests.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireRequestToAnswer } from "#app/http/request-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Decline the request", error);

export async function loader(args: LoaderFunctionArgs) {
  const { asked, list } = await requireRequestToAnswer(args);
  const { passName, email, words } = asked;
  return { passName, email, words, list, draft: await takeDraft(args) };
}

export async function action(args: ActionFunctionArgs) {
  const { list, act } = await requireRequestToAnswer(args);
  const form = await readForm(args.request, reasonForm);
  if (!form.ok) return refuse(form);
  const { db, queue } = args.context;
  await declineRequest(db, queue, { ...act, reason: form.value.reason });
  return redirect(list);
}

export default function DeclineRequest() {
  const { passName, email, words, list, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        title="Decline the request"
        above={<Breadcrumbs items={[{ to: list, label: "Requests" }]} />}
        lead={
          <p>
            <Bidi>{email}</Bidi> asked for <Bidi>{passName}</Bidi>.
          </p>
        }
      />
      <div className="stack measure">
        {words && (
          <p>
            What they say: <Bidi>{words}</Bidi>
          </p>
        )}
        <p>We write to them that you cannot give it to them. They can ask again.</p>
      </div>
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <TextField
          label="Reason, if you like"
          name="reason"
          hint="They read it in the letter, and on the page of the pass."
          error={refused?.problems.reason}
          defaultValue={typedText(refused?.typed ?? draft, "reason")}
          autoComplete="off"
        />
        <div className="row">
          <SubmitButton pending="Declining…">Decline the request</SubmitButton>
          <ButtonLink kind="quiet" to={list}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
