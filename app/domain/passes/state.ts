import type { PassPage } from "./public.ts";

/** The one thing that a pass's page is for somebody, in the order in which one outweighs another. */
export type PassState =
  | "held"
  | "retired"
  | "over"
  | "banned"
  | "asked"
  | "taken_back"
  | "off_sale"
  | "offered"
  | "not_yet"
  | "sale_over"
  | "ask"
  | "waiting"
  | "sold_out"
  | "claim";

type Facts = Pick<
  PassPage,
  | "grantStatus"
  | "retired"
  | "over"
  | "banned"
  | "requestStatus"
  | "priceMinor"
  | "onSale"
  | "offerUntil"
  | "saleBegun"
  | "saleOver"
  | "place"
  | "left"
>;

/** What somebody can do about a pass, or why nothing. The door asks again: this only chooses the words and the button. */
export function passStateOf(pass: Facts): PassState {
  const costs = pass.priceMinor > 0;
  const takenBack = pass.grantStatus === "cancelled" || pass.grantStatus === "refunded";
  if (pass.grantStatus === "active") return "held";
  if (pass.retired) return "retired";
  if (pass.over) return "over";
  if (pass.banned) return "banned";
  if (costs && pass.requestStatus === "asked") return "asked";
  if (takenBack && !costs) return "taken_back";
  if (!pass.onSale) return "off_sale";
  if (pass.offerUntil && !costs) return "offered";
  if (!pass.saleBegun) return "not_yet";
  if (pass.saleOver) return "sale_over";
  if (costs) return "ask";
  if (pass.place !== null) return "waiting";
  return pass.left === 0 ? "sold_out" : "claim";
}
