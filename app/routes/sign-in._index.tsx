import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Bidi } from "../components/bidi.tsx";
import { SubmitButton } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { sendSignInLetter } from "../domain/letters/send-sign-in.ts";
import { readLinkCode } from "../domain/people/link-codes.ts";
import { requestCode } from "../domain/people/sign-in-codes.ts";
import { emailAddress } from "../domain/text.ts";
import { ensureBrowser } from "../http/browser.ts";
import { listProblems, problem, readForm, refuse, typedText } from "../http/forms.ts";
import { localPath } from "../http/return-to.ts";
import { waitInWords } from "../http/wait.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Sign in", error);

const schema = z.object({ email: emailAddress, to: z.string().optional(), mail: z.string().optional() });

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = await context.viewer();
  const to = localPath(new URL(request.url).searchParams.get("to"));
  const keptDraft = to !== undefined && new URLSearchParams(to.split("?")[1]).has("draft");
  return { to, signedInAs: viewer?.email, keptDraft };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await readForm(request, schema);
  if (!form.ok) return refuse(form);
  const { email, to, mail } = form.value;
  const browser = ensureBrowser({ request, context });
  const asked = await requestCode(context.db, {
    email,
    returnTo: localPath(to) ?? "/",
    browserToken: browser.token,
    networkAddress: context.networkAddress,
    fromMail: readLinkCode(context.config.sessionSecrets, "sign-in-mail", mail),
  });
  const { log, requestId } = context;
  if (!asked.ok) {
    log.warn(
      { event: "sign_in.limit", requestId, network: context.networkAddress },
      "too many codes asked for",
    );
    const sentence = `Too many codes were asked for from your network. Try again ${waitInWords(asked.waitSeconds)}.`;
    return refuse(problem("email", sentence, form.typed), 429);
  }
  const { codeId, letter } = asked;
  log.info({ event: "sign_in.code", requestId, codeId, sent: letter !== undefined }, "a code was asked for");
  // Not awaited: how long a letter takes would tell whether there is one.
  if (letter)
    setImmediate(() => {
      sendSignInLetter(context, { codeId, email, code: letter.code }).catch((error: unknown) =>
        log.error({ err: error, event: "sign_in.mail_failed", requestId, codeId }, "a code was not sent"),
      );
    });
  return redirect("/sign-in/code", { status: 303, headers: { "Set-Cookie": browser.setCookie } });
}

export default function SignIn() {
  const { to: asked, signedInAs, keptDraft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const to = typedText(refused?.typed, "to") ?? asked;
  return (
    <Narrow>
      <PageHeader title="Sign in" lead="We send you a code by mail. There is no password to remember." />
      {signedInAs && (
        <Notice>
          <p>
            You are signed in as <Bidi>{signedInAs}</Bidi>. Signing in with another address ends that here.
          </p>
        </Notice>
      )}
      {keptDraft && (
        <Notice title="Your session has ended">
          What you typed is kept, and is there when you come back.
        </Notice>
      )}
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        {to && <input type="hidden" name="to" value={to} />}
        <TextField
          label="Your mail address"
          name="email"
          type="email"
          autoComplete="email"
          inputMode="email"
          required
          hint="New here? The same way: your first code makes your account."
          error={refused?.problems.email}
          defaultValue={typedText(refused?.typed, "email")}
        />
        <p className="row">
          <SubmitButton kind="go" pending="Sending the code…">
            Send me a code
          </SubmitButton>
        </p>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
