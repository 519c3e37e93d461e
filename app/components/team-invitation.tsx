import { Form } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { ButtonLink, SubmitButton } from "./button.tsx";
import { FormError } from "./form-error.tsx";
import { Narrow } from "./layouts.tsx";
import { PageHeader } from "./page-header.tsx";
import { When } from "./when.tsx";

type TeamInvitationProps = {
  space: string;
  invitedBy: string;
  email: string;
  role: { name: string; may: string };
  /** ISO. */
  until: string;
  /** Why there is nothing to accept. */
  closed: { title: string; lead: string } | null;
  /** Where a member goes. */
  streams: string | null;
  signedInAs: string | null;
  signIn: string;
  zone: string | null;
  problems: { name: string; message: string }[];
};

/** What somebody reads who opens an invitation to a team. */
export function TeamInvitation(props: TeamInvitationProps) {
  const { space, invitedBy, email, role, until, closed, streams, zone, problems } = props;
  if (closed)
    return (
      <Narrow>
        <PageHeader
          title={closed.title}
          above={
            <p>
              Team of <Bidi>{space}</Bidi>
            </p>
          }
          lead={closed.lead}
        />
        <p className="row">
          {streams ? (
            <ButtonLink kind="go" to={streams}>
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
            <Bidi>{invitedBy}</Bidi> invites <Bidi>{email}</Bidi> to the team, as {role.name.toLowerCase()}.
          </p>
        }
      />
      <FormError problems={problems} />
      <p className="measure">
        {role.may} The invitation is good until <When at={until} zone={zone} size="day" />.
      </p>
      <Answer {...props} />
    </Narrow>
  );
}

function Answer({ email, signedInAs, signIn }: TeamInvitationProps) {
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
      <ButtonLink kind="go" to={signIn}>
        {signedInAs ? "Use another address" : "Sign in"}
      </ButtonLink>
    </>
  );
}
