import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import type { ReactNode } from "react";
import { Bidi } from "../components/bidi.tsx";
import { ButtonLink, SubmitButton } from "../components/button.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { When } from "../components/when.tsx";
import { readLinkCode } from "../domain/people/link-codes.ts";
import { acceptInvite, findInvite } from "../domain/teams/invites.ts";
import { findTeamRole } from "../domain/teams/members.ts";
import { roleWords } from "../domain/teams/rights.ts";
import { readTimeZone } from "../http/cookies.ts";
import { listProblems, problem, refuse } from "../http/forms.ts";
import { signInPath } from "../http/return-to.ts";
import { requireViewer } from "../http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ data: invite, error }) =>
  pageTitle(invite && `Invitation to ${invite.space}`, error);

export async function loader(args: LoaderFunctionArgs) {
  const invite = await requireInvite(args);
  const viewer = await args.context.viewer();
  const { spaceId, slug, spaceName: space, email, role, invitedBy, state, expiresAt } = invite;
  const member = viewer && (await findTeamRole(args.context.db, { userId: viewer.userId, spaceId }));
  return {
    slug,
    space,
    email,
    role,
    invitedBy,
    until: expiresAt.toISOString(),
    state: member ? ("member" as const) : state,
    signedInAs: viewer?.email,
    zone: readTimeZone(args.request, viewer?.timeZone),
    path: `/invites/${args.params.code}`,
  };
}

export async function action(args: ActionFunctionArgs) {
  const { id: inviteId } = await requireInvite(args);
  const { userId, email } = await requireViewer(args);
  const { db, log, requestId } = args.context;
  const accepted = await acceptInvite(db, { inviteId, userId, email });
  if (!accepted) throw data({ message: "There is no such invitation." }, { status: 404 });
  if (accepted.ok) {
    const { spaceId, slug } = accepted;
    log.info({ event: "team.joined", requestId, userId, spaceId, inviteId }, "joined a team");
    return redirect(`/account/streams?space=${slug}`, 303);
  }
  log.warn(
    { event: "team.not_joined", requestId, userId, inviteId, reason: accepted.reason },
    "invitation refused",
  );
  if (accepted.reason === "another_address")
    return refuse(
      problem("accept", "This invitation is for another address than the one you are signed in with.", {}),
      403,
    );
  return refuse(problem("accept", closed[accepted.reason].lead, {}), 410);
}

async function requireInvite({ params, context }: LoaderFunctionArgs) {
  const inviteId = readLinkCode(context.config.sessionSecrets, "invite", params.code);
  const invite = inviteId && (await findInvite(context.db, inviteId));
  if (!invite)
    throw data(
      { message: "There is no such invitation. Open the link in the mail again, or ask for a new one." },
      { status: 404 },
    );
  return invite;
}

const closed = {
  expired: { title: "This invitation has run out", lead: "Ask whoever invited you to send it again." },
  revoked: { title: "This invitation was taken back", lead: "Ask whoever invited you if that was meant." },
  accepted: { title: "This invitation was used", lead: "It worked once. Ask for a new one if you need it." },
  retired: { title: "This space has closed", lead: "There is no team to join any more." },
  member: { title: "You are in the team", lead: "There is nothing left to accept." },
};

export default function Invitation() {
  const { slug, space, email, role, invitedBy, until, state, signedInAs, zone, path } =
    useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  if (state !== "open")
    return (
      <Narrow>
        <PageHeader
          title={closed[state].title}
          above={
            <p>
              Team of <Bidi>{space}</Bidi>
            </p>
          }
          lead={closed[state].lead}
        />
        <p className="row">
          {state === "member" ? (
            <ButtonLink kind="go" to={`/account/streams?space=${slug}`}>
              To the streams of the space
            </ButtonLink>
          ) : (
            <ButtonLink to="/">To the front page</ButtonLink>
          )}
        </p>
      </Narrow>
    );
  return (
    <Narrow>
      <PageHeader
        title={`Join ${space}`}
        lead={
          <p>
            <Bidi>{invitedBy}</Bidi> invites <Bidi>{email}</Bidi> to the team, as{" "}
            {roleWords[role].name.toLowerCase()}.
          </p>
        }
      />
      <FormError problems={listProblems(refused?.problems)} />
      <p className="measure">
        {roleWords[role].may} The invitation is good until <When at={until} zone={zone} size="day" />.
      </p>
      <Answer email={email} signedInAs={signedInAs} path={path} />
    </Narrow>
  );
}

type AnswerProps = { email: string; signedInAs: string | undefined; path: string };

function Answer({ email, signedInAs, path }: AnswerProps): ReactNode {
  if (signedInAs === email)
    return (
      <Form method="post" id="field-accept">
        <SubmitButton kind="go" pending="Joining…">
          Accept the invitation
        </SubmitButton>
      </Form>
    );
  return (
    <>
      <p className="measure" id="field-accept">
        {signedInAs ? (
          <>
            You are signed in as <Bidi>{signedInAs}</Bidi>. To accept, sign in with the address that was
            invited.
          </>
        ) : (
          "To accept, sign in with the address that was invited."
        )}
      </p>
      <ButtonLink kind="go" to={signInPath(path)}>
        {signedInAs ? "Use another address" : "Sign in"}
      </ButtonLink>
    </>
  );
}

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
