import type { ReactNode } from "react";

type TicketProps = {
  children: ReactNode;
  /** Behind the perforation: the price, the button, the time left. */
  stub?: ReactNode;
  /** Torn off: a grant that has run out, a pass that is no longer given. */
  spent?: boolean;
};

/** A pass, a grant, or the time of a stream. */
export function Ticket({ children, stub, spent = false }: TicketProps) {
  return (
    <div className="ticket" data-spent={spent || undefined}>
      <div className="ticket-paper">
        <div className="ticket-body">{children}</div>
        {stub && <div className="ticket-stub">{stub}</div>}
      </div>
    </div>
  );
}

/** The large words of a ticket: the name of a pass, a price. */
export function TicketTitle({ children, level }: { children: ReactNode; level?: 2 | 3 }) {
  const Element = level ? (`h${level}` as const) : "p";
  return <Element className="poster ticket-title">{children}</Element>;
}
