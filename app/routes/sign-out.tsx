import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirectDocument,
} from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { Bidi } from "../components/bidi.tsx";
import { ButtonLink, SubmitButton } from "../components/button.tsx";
import { Narrow } from "../components/layouts.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { endSession } from "../domain/people/sessions.ts";
import { sessionCookieName, writeCookie } from "../http/cookies.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data?.email ? "Sign out" : "You are signed out", error);

export async function loader({ context }: LoaderFunctionArgs) {
  const viewer = await context.viewer();
  return { email: viewer?.email };
}

export async function action({ context }: ActionFunctionArgs) {
  const { config, db, queue, log, requestId } = context;
  const viewer = await context.viewer();
  if (viewer) {
    const { userId, sessionId } = viewer;
    await endSession(db, queue, { userId, sessionId });
    log.info({ event: "sign_out", requestId, userId, sessionId }, "signed out");
  }
  const gone = writeCookie(sessionCookieName(config), "", { secure: config.secure, maxAge: 0 });
  return redirectDocument("/sign-out", { status: 303, headers: { "Set-Cookie": gone } });
}

export default function SignOut() {
  const { email } = useLoaderData<typeof loader>();
  if (!email)
    return (
      <Narrow>
        <PageHeader title="You are signed out" lead="Nobody can use your account from this browser now." />
        <p className="row">
          <ButtonLink kind="go" to="/sign-in">
            Sign in again
          </ButtonLink>
          <ButtonLink to="/">To the front page</ButtonLink>
        </p>
      </Narrow>
    );
  return (
    <Narrow>
      <PageHeader
        title="Sign out"
        lead={
          <p>
            You are signed in as <Bidi>{email}</Bidi>.
          </p>
        }
      />
      <Form method="post">
        <SubmitButton kind="go" pending="Signing out…">
          Sign out here
        </SubmitButton>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
