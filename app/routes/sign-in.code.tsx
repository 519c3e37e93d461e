import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
  redirectDocument,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { type ReactNode, useEffect, useRef } from "react";
import { Bidi } from "../components/bidi.tsx";
import { ButtonLink, SubmitButton } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { readLinkCode } from "../domain/people/link-codes.ts";
import { sessionDays } from "../domain/people/sessions.ts";
import { findCodeEmail, findPendingCode } from "../domain/people/sign-in-codes.ts";
import { readBrowser } from "../http/browser.ts";
import { authenticateByCode } from "../http/code-strategy.ts";
import { sessionCookieName, writeCookie } from "../http/cookies.ts";
import { listProblems, problem, refuse } from "../http/forms.ts";
import { findLanding } from "../http/landing.ts";
import { signInPath } from "../http/return-to.ts";
import { waitInWords } from "../http/wait.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Type your code", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { db, config } = context;
  const mail = new URL(request.url).searchParams.get("mail") ?? undefined;
  const mailId = readLinkCode(config.sessionSecrets, "sign-in-mail", mail);
  const browserToken = readBrowser({ request, context });
  const pending = browserToken ? await findPendingCode(db, browserToken) : undefined;
  const mailed = mailId === undefined || mailId === pending?.id ? undefined : await findCodeEmail(db, mailId);
  if (mailed !== undefined && mailed !== pending?.email)
    return { page: "other_browser" as const, email: mailed, mail, to: "" };
  if (!pending) return { page: "none" as const, email: "", mail: undefined, to: "" };
  const { email, returnTo: to, state, mailFailed } = pending;
  const viewer = state === "used" && (await context.viewer());
  if (viewer) throw redirect(await findLanding(db, { userId: viewer.userId, wish: to }));
  if (state === "open")
    return { page: "open" as const, email, mail, to, mailFailed, older: mailed !== undefined };
  return { page: state, email, mail, to };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { config, log, requestId, networkAddress } = context;
  const outcome = await authenticateByCode(request, context);
  if (outcome.ok) {
    const { userId, sessionId, first } = outcome;
    log.info(
      { event: "sign_in.ok", requestId, userId, sessionId, first, network: networkAddress },
      "signed in",
    );
    const cookie = writeCookie(sessionCookieName(config), outcome.token, {
      secure: config.secure,
      maxAge: sessionDays * 86_400,
    });
    const to = await findLanding(context.db, { userId, wish: outcome.returnTo });
    return redirectDocument(to, { status: 303, headers: { "Set-Cookie": cookie } });
  }
  if (outcome.reason === "form") return refuse(outcome.refusal);
  const event = outcome.reason === "too_often" ? "sign_in.limit" : "sign_in.failed";
  log.warn({ event, requestId, network: networkAddress, ...withoutWords(outcome) }, "not signed in");
  if (outcome.reason === "no_code" || outcome.reason === "used") {
    const browserToken = readBrowser({ request, context });
    const pending = browserToken ? await findPendingCode(context.db, browserToken) : undefined;
    // The second press of a button that has worked.
    const viewer = pending?.state === "used" && (await context.viewer());
    if (viewer)
      return redirect(await findLanding(context.db, { userId: viewer.userId, wish: pending.returnTo }));
    return refuse(problem("code", "This browser has no code that still works. Ask for a new one.", {}));
  }
  if (outcome.reason === "too_often") {
    const sentence = `Too many codes were tried from your network. Try again ${waitInWords(outcome.waitSeconds)}.`;
    return refuse(problem("code", sentence, {}), 429);
  }
  if (outcome.reason === "account_disabled")
    return refuse(
      problem("code", "This account is switched off. Write to us if that is a mistake.", {}),
      403,
    );
  return refuse(problem("code", wrongCode(outcome.triesLeft), {}));
}

function wrongCode(triesLeft: number): string {
  if (triesLeft <= 0) return "That is not the code, and it was the last try. Ask for a new one.";
  const left = triesLeft === 1 ? "one more try" : `${triesLeft} more tries`;
  return `That is not the code of the newest mail; ${left}. If you are sure, open the link in the mail, in this browser.`;
}

const withoutWords = ({ ok: _, ...ids }: { ok: false; reason: string }) => ids;

export default function TypeCode() {
  const shown = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  if (shown.page === "none") return <NoCode problem={refused?.problems.code?.[0]} />;
  const again = { email: shown.email, to: shown.to, mail: shown.mail };
  if (shown.page !== "open")
    return (
      <Narrow>
        <PageHeader title={closedTitle[shown.page]} lead={closedLead(shown.page, shown.email)} />
        <NewCode {...again} first>
          {shown.page === "other_browser" ? "Send a code to this browser" : "Send me a new code"}
        </NewCode>
      </Narrow>
    );
  return (
    <Narrow>
      <PageHeader
        title="Type your code"
        lead={
          <p>
            A mail with six digits is on its way to <Bidi>{shown.email}</Bidi>. It works for ten minutes, in
            this browser.
          </p>
        }
      />
      {shown.mailFailed && (
        <Notice kind="error" title="Our mail did not get through.">
          Check the address, then ask for a new code below.
        </Notice>
      )}
      {shown.older && <Notice>A newer code is on its way. Use the newest mail.</Notice>}
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        {shown.mail && <input type="hidden" name="mail" value={shown.mail} />}
        <CodeField error={refused?.problems.code} />
        <p className="row">
          <SubmitButton kind="go" pending="Signing in…">
            Sign in
          </SubmitButton>
        </p>
      </Form>
      <section className="part" aria-labelledby="nothing">
        <h2 id="nothing">No mail?</h2>
        <p className="measure">
          It takes up to a minute, and may lie among the spam. There are at most three mails in fifteen
          minutes.
        </p>
        <div className="row">
          <NewCode {...again}>Send another code</NewCode>
          <Link to={signInPath(shown.to)}>Use another address</Link>
        </div>
      </section>
    </Narrow>
  );
}

function NoCode({ problem }: { problem: string | undefined }) {
  return (
    <Narrow>
      <PageHeader
        title="No code was asked for here"
        lead="A code works only in the browser that asked for it, for ten minutes."
      />
      <FormError>{problem}</FormError>
      <ButtonLink kind="go" to="/sign-in">
        Sign in
      </ButtonLink>
    </Narrow>
  );
}

const closedTitle = {
  other_browser: "This is another browser",
  expired: "This code has run out",
  no_tries_left: "Too many wrong codes",
  used: "This code was used",
};

function closedLead(page: keyof typeof closedTitle, email: string): ReactNode {
  const address = <Bidi>{email}</Bidi>;
  if (page === "other_browser")
    return (
      <p>
        The code in your mail works only where it was asked for. Type it there; or have a code sent to{" "}
        {address} for this browser.
      </p>
    );
  if (page === "expired") return <p>A code works for ten minutes. A new one goes to {address}.</p>;
  if (page === "no_tries_left") return <p>After five tries a code is dead. A new one goes to {address}.</p>;
  return <p>Each code works once. A new one goes to {address}.</p>;
}

/** The link in the mail brings the code behind its `#`, which only this page sees. It fills in, and does not send. */
function CodeField({ error }: { error: string[] | undefined }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const code = /^#(\d{6})$/.exec(location.hash)?.[1];
    if (!code || !input.current) return;
    input.current.value = code;
    history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  return (
    <Field label="Code" name="code" error={error}>
      {(control) => (
        <input
          {...control}
          ref={input}
          type="text"
          className="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={12}
          required
        />
      )}
    </Field>
  );
}

type NewCodeProps = {
  email: string;
  to: string;
  mail: string | undefined;
  first?: boolean;
  children: string;
};

function NewCode({ email, to, mail, first = false, children }: NewCodeProps) {
  return (
    <Form method="post" action="/sign-in?index">
      <input type="hidden" name="email" value={email} />
      <input type="hidden" name="to" value={to} />
      {mail && <input type="hidden" name="mail" value={mail} />}
      <SubmitButton kind={first ? "go" : "plain"} formAction="/sign-in?index" pending="Sending the code…">
        {children}
      </SubmitButton>
    </Form>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
