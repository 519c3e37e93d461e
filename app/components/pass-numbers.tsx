import { ButtonLink } from "./button.tsx";
import { Fact, Facts } from "./facts.tsx";
import { sayHolders } from "./holders.ts";
import { When } from "./when.tsx";

type SaleTimes = {
  onSale: boolean;
  /** ISO. */
  saleStartsAt: string | null;
  saleEndsAt: string | null;
  saleBegun: boolean;
  saleOver: boolean;
  termTimeZone: string | null;
};

type Numbers = {
  id: string;
  priceMinor: number;
  stock: number | null;
  holders: number;
  /** There are more than were counted. */
  moreHolders: boolean;
  /** Seats that are kept for who waited. */
  offered: number;
  waiting: number;
  /** Requests without an answer. */
  asked: number;
};

/** Whether people can get it, and when. */
export function PassSaleTimes({ pass, zone }: { pass: SaleTimes; zone: string | null }) {
  if (!pass.onSale) return <p>Switched off: nobody gets it on its page.</p>;
  return (
    <>
      {pass.saleStartsAt && (
        <p>
          {pass.saleBegun ? "To be had since " : "To be had from "}
          <When at={pass.saleStartsAt} zone={zone} streamZone={pass.termTimeZone} />.
        </p>
      )}
      {pass.saleEndsAt && (
        <p>
          {pass.saleOver ? "Its sale ended " : "To be had until "}
          <When at={pass.saleEndsAt} zone={zone} streamZone={pass.termTimeZone} />.
        </p>
      )}
    </>
  );
}

/** How many hold it, and what waits. */
export function PassNumbers({ pass }: { pass: Numbers }) {
  const { holders, offered, stock, waiting, asked } = pass;
  const over = stock !== null && holders + offered > stock;
  return (
    <section className="part">
      <h2>In numbers</h2>
      <Facts>
        <Fact label="Held now">{sayHolders(pass)}</Fact>
        <Fact
          label="Seats left"
          note={
            over &&
            `${pass.moreHolders ? "More than " : ""}${holders + offered - stock} more are held than there are. New ones are given when enough have ended.`
          }
        >
          {stock === null ? "As many as want to" : `${Math.max(0, stock - holders - offered)} of ${stock}`}
        </Fact>
        {(offered > 0 || waiting > 0) && (
          <Fact
            label="On the waiting list"
            note={offered > 0 && `A seat is kept for ${offered} more, for a day.`}
          >
            {waiting}
          </Fact>
        )}
        {(pass.priceMinor > 0 || asked > 0) && <Fact label="Asked for, without an answer">{asked}</Fact>}
      </Facts>
      {(pass.priceMinor > 0 || asked > 0) && (
        <ButtonLink kind={asked > 0 ? "go" : "plain"} to={`/account/passes/${pass.id}/requests`}>
          {asked > 0 ? "Answer the requests" : "See the requests"}
        </ButtonLink>
      )}
    </section>
  );
}
