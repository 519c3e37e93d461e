import type { TeamPass } from "./lists.ts";
import { typePrice } from "./prices.ts";
import { toWallTime } from "./terms.ts";

/** A pass as its form has it; its times are on the clocks of `timeZone`. */
export function typePass(pass: TeamPass, timeZone: string): Record<string, string> {
  const wall = (at: Date | null) => (at ? toWallTime(at, timeZone) : { date: "", time: "" });
  const [until, saleStart, saleEnd] = [wall(pass.termUntil), wall(pass.saleStartsAt), wall(pass.saleEndsAt)];
  return {
    name: pass.name,
    description: pass.description,
    term: pass.term,
    days: String(pass.termDays ?? ""),
    months: String(pass.termMonths ?? ""),
    untilDate: until.date,
    untilTime: until.time,
    timeZone,
    atExpiry: pass.atExpiry,
    price: typePrice(pass.priceMinor, pass.currency),
    currency: pass.currency,
    stock: String(pass.stock ?? ""),
    devices: String(pass.devices),
    saleStartDate: saleStart.date,
    saleStartTime: saleStart.time,
    saleEndDate: saleEnd.date,
    saleEndTime: saleEnd.time,
    onSale: pass.onSale ? "yes" : "no",
  };
}
