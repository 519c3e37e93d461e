import type { ReactNode } from "react";
import { Bidi } from "./bidi.tsx";
import { Ticket, TicketTitle } from "./ticket.tsx";
import { When } from "./when.tsx";

export type PassWords = {
  name: string;
  /** What it opens, by name. */
  experiences: string[];
  term: "open" | "days" | "months" | "until";
  termDays: number | null;
  termMonths: number | null;
  /** ISO. */
  termUntil: string | null;
  termTimeZone: string | null;
  atExpiry: "finish" | "cut";
  /** On how many at once one person may watch. */
  devices: number;
  priceMinor: number;
  currency: string;
};

/** ISO where its sale is still to begin; how many seats are left, null for as many as want to. */
type Availability = { saleStartsAt: string | null; left: number | null };
export type PassTicketWords = PassWords & Availability;

type PassTicketProps = {
  pass: PassTicketWords;
  /** The reader's zone. */
  zone: string | null;
  /** Behind the perforation, below the price. */
  action?: ReactNode;
  level?: 2 | 3;
  spent?: boolean;
  /** In place of when it can be had and how many are left: why not. */
  note?: ReactNode;
};

/** A pass that can be had, as a ticket: what it opens, for how long, what happens at its end. */
export function PassTicket({ pass, zone, action, level, spent, note }: PassTicketProps) {
  return (
    <Ticket
      spent={spent}
      stub={
        <>
          <TicketTitle>{priceWords(pass)}</TicketTitle>
          {action}
        </>
      }
    >
      <TicketTitle level={level}>
        <Bidi>{pass.name}</Bidi>
      </TicketTitle>
      <p>
        <Opens names={pass.experiences} />
      </p>
      <p className="small">
        <PassLength pass={pass} zone={zone} />
        {pass.term !== "open" && <> {atExpiryWords[pass.atExpiry]}</>} {devicesWords(pass.devices)}
      </p>
      {note ? <p>{note}</p> : <Available pass={pass} zone={zone} />}
    </Ticket>
  );
}

/** When one can get it, and how many seats there are, where that is not at once and without limit. */
function Available({ pass, zone }: { pass: PassTicketWords; zone: string | null }) {
  if (pass.saleStartsAt)
    return (
      <p className="small">
        To be had from <When at={pass.saleStartsAt} zone={zone} streamZone={pass.termTimeZone} />.
      </p>
    );
  if (pass.left === null) return null;
  return <p className="small">{pass.left === 0 ? "Sold out at the moment." : seatsLeft(pass.left)}</p>;
}

export const seatsLeft = (left: number) => (left === 1 ? "One seat left." : `${left} seats left.`);

/** "Opens Monday critiques and Open studio, live and as replay." */
export function Opens({ names }: { names: string[] }) {
  if (names.length === 0) return <>Opens nothing at the moment.</>;
  return (
    <>
      Opens{" "}
      {names.map((name, index) => (
        <span key={index}>
          {index > 0 && (index === names.length - 1 ? " and " : ", ")}
          <Bidi>{name}</Bidi>
        </span>
      ))}
      , live and as replay.
    </>
  );
}

export function PassLength({
  pass,
  zone,
}: {
  pass: Omit<PassWords, "name" | "experiences" | "priceMinor" | "currency" | "atExpiry" | "devices">;
  zone: string | null;
}) {
  if (pass.term === "days") {
    return <>{pass.termDays === 1 ? "For one day" : `For ${pass.termDays} days`} from when you get it.</>;
  }
  if (pass.term === "months") {
    return (
      <>{pass.termMonths === 1 ? "For one month" : `For ${pass.termMonths} months`} from when you get it.</>
    );
  }
  if (pass.term === "until" && pass.termUntil) {
    return (
      <>
        Until <When at={pass.termUntil} zone={zone} streamZone={pass.termTimeZone} />.
      </>
    );
  }
  return <>Without an end.</>;
}

export const atExpiryWords = {
  finish: "A stream that has begun by then plays to its end.",
  cut: "It ends at that moment, also in the middle of a stream.",
};

export const devicesWords = (devices: number) =>
  devices === 1 ? "You watch on one device at a time." : `You watch on up to ${devices} devices at once.`;

/** The same, for who gives the pass. */
export const devicesOfPerson = (devices: number) =>
  devices === 1
    ? "Each person watches on one device at a time."
    : `Each person watches on up to ${devices} devices at once.`;

/** Money is kept in its smallest unit; how many make one is the currency's. */
export function priceWords({ priceMinor, currency }: Pick<PassWords, "priceMinor" | "currency">): string {
  if (priceMinor === 0) return "Free";
  const format = new Intl.NumberFormat("en-GB", { style: "currency", currency });
  return format.format(priceMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
