import { Bidi } from "./bidi.tsx";
import { ButtonLink } from "./button.tsx";
import { ordinal } from "./ordinal.ts";
import { Opens, priceWords } from "./pass-ticket.tsx";
import { Ticket, TicketTitle } from "./ticket.tsx";
import { When } from "./when.tsx";

type PassOfSpace = { passName: string; passSlug: string; spaceName: string; spaceSlug: string };

type Wait = PassOfSpace & {
  id: string;
  /** From 1; null with an offer, until then (ISO). */
  place: number | null;
  offerUntil: string | null;
  /** What the pass opens, by name. */
  experiences: string[];
};

type Request = PassOfSpace & {
  id: string;
  status: string;
  spaceRetired: boolean;
  priceMinor: number;
  currency: string;
  /** ISO. */
  askedAt: string;
  decidedAt: string | null;
  reason: string;
};

/** Waiting lists, with the place or the seat that is kept. */
export function OwnWaits({ waits, zone }: { waits: Wait[]; zone: string | null }) {
  if (waits.length === 0) return null;
  return (
    <section className="part">
      <h2>Waiting lists</h2>
      <ul className="tickets" aria-label="Passes that you wait for">
        {waits.map((wait) => (
          <li key={wait.id}>
            <Ticket
              stub={
                <ToPass kind={wait.offerUntil ? "go" : "plain"} pass={wait}>
                  {wait.offerUntil ? "Take your seat" : "See it"}
                </ToPass>
              }
            >
              <PassName pass={wait} />
              <p>
                {wait.offerUntil ? (
                  <>
                    A seat is kept for you until <When at={wait.offerUntil} zone={zone} />.
                  </>
                ) : (
                  `You are ${ordinal(wait.place ?? 1)} on the waiting list.`
                )}
              </p>
              <p className="small">
                <Opens names={wait.experiences} />
              </p>
            </Ticket>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What was asked for, and has no answer, or a no. */
export function OwnRequests({ requests, zone }: { requests: Request[]; zone: string | null }) {
  if (requests.length === 0) return null;
  return (
    <section className="part">
      <h2>Requests</h2>
      <ul className="tickets" aria-label="Passes that you asked for">
        {requests.map((request) => (
          <li key={request.id}>
            <Ticket
              spent={request.status !== "asked"}
              stub={!request.spaceRetired && <ToPass pass={request}>See it</ToPass>}
            >
              <PassName pass={request} />
              <p>
                {request.status === "asked" ? (
                  <>
                    Asked <When at={request.askedAt} zone={zone} />, {priceWords(request)}. No answer yet.
                  </>
                ) : (
                  <>
                    {request.status === "declined" ? "Declined " : "No longer given since "}
                    <When at={request.decidedAt ?? request.askedAt} zone={zone} />.
                  </>
                )}
              </p>
              {request.reason && (
                <p>
                  What they say about it: <Bidi>{request.reason}</Bidi>
                </p>
              )}
            </Ticket>
          </li>
        ))}
      </ul>
    </section>
  );
}

function PassName({ pass }: { pass: PassOfSpace }) {
  return (
    <>
      <TicketTitle level={3}>
        <Bidi>{pass.passName}</Bidi>
      </TicketTitle>
      <p className="small">
        <Bidi>{pass.spaceName}</Bidi>
      </p>
    </>
  );
}

function ToPass({ pass, kind, children }: { pass: PassOfSpace; kind?: "go" | "plain"; children: string }) {
  return (
    <ButtonLink
      kind={kind}
      to={`/${pass.spaceSlug}/passes/${pass.passSlug}`}
      aria-label={`${children}: ${pass.passName}`}
    >
      {children}
    </ButtonLink>
  );
}
