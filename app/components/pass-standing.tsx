import { Form } from "@remix-run/react";
import type { ReactNode } from "react";
import { Bidi } from "./bidi.tsx";
import { SubmitButton } from "./button.tsx";
import { Notice } from "./notice.tsx";
import { ordinal } from "./ordinal.ts";
import type { PassPaths, PassStanding as State } from "./pass-stub.tsx";
import { When } from "./when.tsx";

type Own = {
  grantStatus: string | null;
  /** ISO, as all times here. */
  endsAt: string | null;
  grantReason: string | null;
  place: number | null;
  offerUntil: string | null;
  offerLapsed: boolean;
  requestStatus: string | null;
  requestWords: string | null;
  requestReason: string | null;
  requestedAt: string | null;
  decidedAt: string | null;
  teamRole: string | null;
  banned: boolean;
};

type PassStandingProps = {
  pass: {
    retired: boolean;
    saleStartsAt: string | null;
    saleEndsAt: string | null;
    termTimeZone: string | null;
  };
  own: Own;
  state: State;
  paths: PassPaths;
  /** The reader's. */
  zone: string | null;
};

/** Where the reader of a pass's page stands, when that needs a word. */
export function PassStanding(props: PassStandingProps) {
  const { own, state } = props;
  return (
    <>
      <Obstacle {...props} />
      {own.banned && <Notice>The team of this space has shut you out. A pass does not change that.</Notice>}
      {state !== "banned" && own.grantStatus === "expired" && (
        <Notice title="Yours has run out">
          {own.endsAt && (
            <p>
              It ended <Moment at={own.endsAt} {...props} />.
            </p>
          )}
        </Notice>
      )}
      <TakenBack own={own} state={state} />
      <Waiting {...props} />
      <Asked {...props} />
      {own.teamRole && (
        <Notice>You are on the team of this space: you need no pass to be in its streams.</Notice>
      )}
    </>
  );
}

function Moment({ at, pass, zone }: Pick<PassStandingProps, "pass" | "zone"> & { at: string }) {
  return <When at={at} zone={zone} streamZone={pass.termTimeZone} />;
}

/** Why nobody, or this person, gets it. */
function Obstacle({ state, pass, ...rest }: PassStandingProps) {
  const elsewhere = "See the space for what it offers now.";
  if (pass.retired)
    return (
      <Notice title="This pass is no longer given">
        {state === "held"
          ? "What you hold stays yours to its end."
          : `Who holds it keeps it to its end. ${elsewhere}`}
      </Notice>
    );
  if (state === "over") return <Notice title="This pass has reached its last day">{elsewhere}</Notice>;
  if (state === "off_sale")
    return (
      <Notice title="This pass is not given at the moment">The space has switched it off. {elsewhere}</Notice>
    );
  if (state === "not_yet" && pass.saleStartsAt)
    return (
      <Notice title="Not to be had yet">
        <p>
          People get it from <Moment at={pass.saleStartsAt} pass={pass} {...rest} />.
        </p>
      </Notice>
    );
  if (state === "sale_over" && pass.saleEndsAt)
    return (
      <Notice title="This pass can no longer be had">
        <p>
          Its sale ended <Moment at={pass.saleEndsAt} pass={pass} {...rest} />. {elsewhere}
        </p>
      </Notice>
    );
  if (state === "sold_out")
    return (
      <Notice title="All seats are taken">
        Join the waiting list: a seat that comes free is offered in order. We write to you when it is your
        turn, and keep it for 24 hours.
      </Notice>
    );
  return null;
}

function TakenBack({ own, state }: Pick<PassStandingProps, "own" | "state">) {
  if (own.grantStatus !== "cancelled" && own.grantStatus !== "refunded") return null;
  return (
    <Notice title={own.grantStatus === "refunded" ? "Yours was paid back" : "Yours was taken back"}>
      <Said reason={own.grantReason} />
      <p>
        {state === "ask" || state === "asked"
          ? "You can ask the space for it again."
          : "Only the space can give it to you again."}
      </p>
    </Notice>
  );
}

function Said({ reason }: { reason: string | null }) {
  if (!reason) return null;
  return (
    <p>
      What they say about it: <Bidi>{reason}</Bidi>
    </p>
  );
}

/** The place in the waiting list, and the offer. */
function Waiting({ own, state, paths, pass, zone }: PassStandingProps) {
  if (state === "held" || state === "banned") return null;
  if (own.offerUntil && state === "offered")
    return (
      <Notice title="A seat is free for you">
        <p>
          We keep it for you until <Moment at={own.offerUntil} pass={pass} zone={zone} />. Then it goes to the
          next.
        </p>
        <LetGo action={paths.wait} pending="Letting it go…">
          Let it go
        </LetGo>
      </Notice>
    );
  if (own.place !== null)
    return (
      <Notice title={`You are ${ordinal(own.place)} on the waiting list`}>
        <p>We write to you when a seat is free for you, and keep it for 24 hours.</p>
        <LetGo action={paths.wait} pending="Leaving…">
          Leave the waiting list
        </LetGo>
      </Notice>
    );
  if (own.offerLapsed && (state === "sold_out" || state === "claim"))
    return (
      <Notice title="The seat that was kept for you went to the next">
        Its time ran out.{state === "sold_out" && " You can join the waiting list again."}
      </Notice>
    );
  return null;
}

/** The request, and its answer. */
function Asked({ own, state, paths, pass, zone }: PassStandingProps) {
  if (state === "asked")
    return (
      <Notice title="You have asked for it">
        {own.requestedAt && (
          <p>
            On <Moment at={own.requestedAt} pass={pass} zone={zone} />. The space says yes or no, and we write
            to you either way.
          </p>
        )}
        {own.requestWords && (
          <p>
            Your words: <Bidi>{own.requestWords}</Bidi>
          </p>
        )}
        <LetGo action={paths.request} pending="Taking it back…">
          Take your request back
        </LetGo>
      </Notice>
    );
  if (own.requestStatus === "declined" && state === "ask")
    return (
      <Notice title="Your request was declined">
        {own.decidedAt && (
          <p>
            On <Moment at={own.decidedAt} pass={pass} zone={zone} />.
          </p>
        )}
        <Said reason={own.requestReason} />
      </Notice>
    );
  return null;
}

/** Gives back what its address names, also without scripts. */
function LetGo({ action, pending, children }: { action: string; pending: string; children: ReactNode }) {
  return (
    <Form method="post" action={action}>
      <input type="hidden" name="_method" value="delete" />
      <SubmitButton pending={pending} formAction={action}>
        {children}
      </SubmitButton>
    </Form>
  );
}
