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
import { priceWords } from "#app/components/pass-ticket.tsx";
import { askForm } from "#app/domain/passes/ask-form.ts";
import { askForPass, withdrawRequest } from "#app/domain/passes/requests.ts";
import { passStateOf } from "#app/domain/passes/state.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { isDelete, listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requirePassOf } from "#app/http/pass-page.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Ask for ${data.name}`, error);

/** Who cannot ask, or has asked already, reads it on the page of the pass. */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer, pass, back } = await requirePassOf(args);
  if (passStateOf(pass) !== "ask") throw redirect(back);
  const { name, spaceName, priceMinor, currency, left } = pass;
  return {
    name,
    spaceName,
    priceMinor,
    currency,
    left,
    email: viewer.email,
    back,
    draft: await takeDraft(args),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, pass, back } = await requirePassOf(args);
  const { db } = args.context;
  const of = { userId: viewer.userId, passId: pass.id };
  if (await isDelete(args.request)) {
    await withdrawRequest(db, of);
    return redirect(back, 303);
  }
  const form = await readForm(args.request, askForm);
  if (!form.ok) return refuse(form);
  const asked = await askForPass(db, { ...of, ...form.value });
  if (asked.ok || asked.reason !== "too_often") return redirect(back, 303);
  return refuse(
    problem("", "You have asked for this pass many times today. Ask again tomorrow.", form.typed),
    429,
  );
}

export default function AskForPass() {
  const { name, spaceName, left, email, back, draft, ...price } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        title="Ask for the pass"
        above={<Breadcrumbs items={[{ to: back, label: name }]} />}
        lead={
          <p>
            <Bidi>{name}</Bidi>, {priceWords(price)}
          </p>
        }
      />
      <div className="stack measure">
        <p>
          <Bidi>{spaceName}</Bidi> reads your request and says yes or no. We write to you at{" "}
          <Bidi>{email}</Bidi> either way. You cannot pay here yet: how you pay, they tell you.
        </p>
        {left === 0 && <p>All seats are taken at the moment. They can say yes when one comes free.</p>}
      </div>
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems).filter((one) => one.name !== "")}>
          {refused?.problems[""]?.[0]}
        </FormError>
        <TextField
          label="A few words, if you like"
          name="words"
          hint="The team of the space reads them."
          error={refused?.problems.words}
          defaultValue={typedText(refused?.typed ?? draft, "words")}
          autoComplete="off"
        />
        <div className="row">
          <SubmitButton kind="go" pending="Asking…">
            Ask for the pass
          </SubmitButton>
          <ButtonLink kind="quiet" to={back}>
            Back to the pass
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
