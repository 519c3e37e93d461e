import { expect, test } from "vitest";
import { passStateOf, type PassState } from "./state.ts";

const pass = {
  grantStatus: null,
  retired: false,
  over: false,
  banned: false,
  requestStatus: null,
  priceMinor: 0,
  onSale: true,
  offerUntil: null,
  saleBegun: true,
  saleOver: false,
  place: null,
  left: null,
};
const soon = new Date();

test.each<[PassState, Partial<Parameters<typeof passStateOf>[0]>]>([
  ["claim", {}],
  ["claim", { left: 1 }],
  ["claim", { grantStatus: "expired" }],
  ["sold_out", { left: 0 }],
  ["waiting", { left: 0, place: 3 }],
  ["offered", { left: 0, offerUntil: soon }],
  ["offered", { offerUntil: soon, saleOver: true }],
  ["off_sale", { offerUntil: soon, onSale: false }],
  ["not_yet", { saleBegun: false }],
  ["sale_over", { saleOver: true }],
  ["off_sale", { onSale: false, saleOver: true }],
  ["ask", { priceMinor: 100 }],
  ["ask", { priceMinor: 100, left: 0 }],
  ["ask", { priceMinor: 100, requestStatus: "declined" }],
  ["ask", { priceMinor: 100, grantStatus: "refunded" }],
  ["asked", { priceMinor: 100, requestStatus: "asked", onSale: false }],
  ["claim", { requestStatus: "asked" }],
  ["taken_back", { grantStatus: "cancelled" }],
  ["taken_back", { grantStatus: "refunded", left: 0 }],
  ["banned", { banned: true, offerUntil: soon }],
  ["over", { over: true, banned: true }],
  ["retired", { retired: true, over: true }],
  ["held", { grantStatus: "active", retired: true, banned: true }],
])("a pass is %s for who finds %j", (state, facts) => {
  expect(passStateOf({ ...pass, ...facts })).toBe(state);
});
