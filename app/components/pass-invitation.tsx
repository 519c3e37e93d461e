import { Form } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { ButtonLink, SubmitButton } from "./button.tsx";
import { FormError } from "./form-error.tsx";
import { Narrow } from "./layouts.tsx";
import { PageHeader } from "./page-header.tsx";
import { atExpiryWords, Opens, PassLength, type PassWords } from "./pass-ticket.tsx";
import { Ticket, TicketTitle } from "./ticket.tsx";
import { When } from "./when.tsx";

type PassInvitationProps = {
  pass: Omit<PassWords, "priceMinor" | "currency">;
  space: string;
  /** The name of who made the link; "" when they have none. */
  invitedBy: string;
  /** Until when it can be taken, ISO; null: without an end. */
  until: string | null;
  /** Why there is nothing to take. */
  closed: { title: string; lead: string } | null;
  held: boolean;
  signedInAs: string | null;
  paths: { signIn: string; pass: string };
  zone: string | null;
  said: string | undefined;
};

/** What somebody reads who opens the link of a pass: what it opens, until when, and one button. */
export function PassInvitation(props: PassInvitationProps) {
  const { pass, space, invitedBy, until, closed, held, signedInAs, paths, zone, said } = props;
  if (closed)
    return (
      <Narrow>
        <PageHeader
          title={closed.title}
          above={
            <p>
              <Bidi>{pass.name}</Bidi>, a pass of <Bidi>{space}</Bidi>
            </p>
          }
          lead={closed.lead}
        />
        <p className="row">
          {held && (
            <ButtonLink kind="go" to="/account/experiences">
              See what you can watch
            </ButtonLink>
          )}
          <ButtonLink to={paths.pass}>See the pass</ButtonLink>
        </p>
      </Narrow>
    );
  return (
    <Narrow>
      <PageHeader
        title={pass.name}
        above={
          <p>
            A pass of <Bidi>{space}</Bidi>
          </p>
        }
        lead={
          <p>
            {invitedBy ? (
              <>
                <Bidi>{invitedBy}</Bidi> of <Bidi>{space}</Bidi>
              </>
            ) : (
              <Bidi>{space}</Bidi>
            )}{" "}
            invites you.
          </p>
        }
      />
      <FormError>{said}</FormError>
      <Ticket
        stub={
          signedInAs ? (
            <Form method="post">
              <SubmitButton kind="go" pending="Taking it…">
                Take your pass
              </SubmitButton>
            </Form>
          ) : (
            <ButtonLink kind="go" to={paths.signIn}>
              Sign in to take it
            </ButtonLink>
          )
        }
      >
        <TicketTitle level={2}>Free for you</TicketTitle>
        <p>
          <Opens names={pass.experiences} />
        </p>
        <p>
          <PassLength pass={pass} zone={zone} />
        </p>
        {pass.term !== "open" && <p className="small">{atExpiryWords[pass.atExpiry]}</p>}
        {signedInAs && (
          <p className="small">
            For <Bidi>{signedInAs}</Bidi>
          </p>
        )}
      </Ticket>
      {until && (
        <p className="measure">
          This invitation is good until <When at={until} zone={zone} />.
        </p>
      )}
    </Narrow>
  );
}
