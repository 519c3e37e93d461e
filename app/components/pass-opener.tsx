import { ButtonLink } from "./button.tsx";
import { PassTicket, type PassTicketWords } from "./pass-ticket.tsx";

export type OpenerWords = PassTicketWords & {
  passId: string;
  path: string;
  how: "claim" | "ask";
  /** Why the reader does not get it by themselves. */
  barred: "banned" | "taken_back" | "paid_back" | null;
};

type PassOpenerProps = {
  pass: OpenerWords;
  /** The reader's. */
  zone: string | null;
  /** Where it is got, or looked at. */
  to: string;
  /** The reader holds what opens this: there is nothing to get. */
  held?: boolean;
  /** It is the one thing to do here. */
  spotlight?: boolean;
};

/** A pass that opens what the reader is at, with the way to get it; or why they do not get it. */
export function PassOpener({ pass, zone, to, held = false, spotlight = false }: PassOpenerProps) {
  const barred = !held && pass.barred;
  const word = barred ? "See why" : held ? "See it" : howWords[pass.how];
  return (
    <PassTicket
      pass={pass}
      zone={zone}
      level={3}
      spent={Boolean(barred)}
      note={barred && barredWords[barred]}
      action={
        <ButtonLink kind={spotlight && !barred ? "go" : "plain"} to={to} aria-label={`${word}: ${pass.name}`}>
          {word}
        </ButtonLink>
      }
    />
  );
}

const howWords = { claim: "Get it", ask: "Ask for it" };

const barredWords = {
  banned: "Not for you: the team of this space has shut you out.",
  taken_back: "The space took yours back. Only they can give it to you again.",
  paid_back: "The space paid yours back. Only they can give it to you again.",
};
