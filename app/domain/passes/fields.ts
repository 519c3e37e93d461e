import { z } from "zod";
import { normalizeZone } from "../schedule/zones.ts";
import { oneLine, severalLines } from "../text.ts";
import { currencies, readPrice } from "./prices.ts";
import { mostDays, mostMonths, readInstant, type Term, zoneUnknown } from "./terms.ts";

/** How many people may hold a pass at once, at most; more is without limit. */
export const mostStock = 1_000_000;
/** On how many devices at once one person may watch, at most, and where nothing is said. */
export const mostDevices = 10;
export const usualDevices = 2;

const typed = z
  .string()
  .default("")
  .transform((text) => text.trim());

type Typed = {
  term: Term["term"];
  days: string;
  months: string;
  untilDate: string;
  untilTime: string;
  timeZone: string;
  price: string;
  currency: string;
  stock: string;
  devices: string;
  saleStartDate: string;
  saleStartTime: string;
  saleEndDate: string;
  saleEndTime: string;
};
type Say = (field: keyof Typed, sentence: string) => void;

/**
 * The form of a pass. What belongs to a term that was not chosen is kept as it was typed, and not read. All that is wrong
 * is told at once, each beside its field.
 */
export const passForm = z
  .object({
    name: oneLine({ most: 80, what: "The name" }),
    description: severalLines({ most: 5000, what: "The description" }),
    experiences: z
      .array(z.uuid("This is not one of the choices."))
      .max(200, "These are too many experiences for one pass.")
      .default([])
      .refine((ids) => ids.length > 0, "Choose at least one experience that this pass opens."),
    term: z.enum(["open", "days", "months", "until"], "Choose how long the pass lasts."),
    days: typed,
    months: typed,
    untilDate: typed,
    untilTime: typed,
    timeZone: typed,
    atExpiry: z.enum(["finish", "cut"], "Choose what happens when it ends during a stream."),
    price: typed,
    currency: z.enum(currencies, "This is not one of the currencies.").default("EUR"),
    stock: typed,
    devices: typed,
    saleStartDate: typed,
    saleStartTime: typed,
    saleEndDate: typed,
    saleEndTime: typed,
    onSale: z.enum(["yes", "no"], "Choose whether people can get it.").default("yes"),
  })
  .transform((pass, refinement) => {
    let wrong = false;
    const say: Say = (field, message) => {
      wrong = true;
      refinement.addIssue({ code: "custom", path: [field], message });
    };
    const { name, description, experiences, atExpiry, currency } = pass;
    const zone = readZone(pass, say);
    const terms = readTerm(pass, zone, say);
    const price = readPrice(pass.price, currency);
    if (!price.ok) say("price", price.sentence);
    const stock = readStock(pass.stock, say);
    const devices = readDevices(pass.devices, say);
    const sale = zone && readSale(pass, zone, say);
    if (wrong || !terms || !price.ok || !sale) return z.NEVER;
    const { priceMinor } = price;
    const fields = { name, description, experiences, terms, timeZone: zone, atExpiry };
    return { ...fields, priceMinor, currency, stock, devices, sale, onSale: pass.onSale === "yes" };
  });

export type PassFields = z.output<typeof passForm>;
export type Sale = { startsAt: string | null; endsAt: string | null };

/** The pass's zone. One that we do not know is no matter where no time of the pass needs it. */
function readZone(pass: Typed, say: Say): string | undefined {
  const zone = normalizeZone(pass.timeZone);
  const needed =
    pass.term === "months" || pass.term === "until" || pass.saleStartDate !== "" || pass.saleEndDate !== "";
  if (zone || !needed) return zone ?? "UTC";
  say("timeZone", zoneUnknown);
  return undefined;
}

function readTerm(pass: Typed, timeZone: string | undefined, say: Say): Term | undefined {
  const { term, days, months, untilDate, untilTime } = pass;
  if (term === "open") return { term };
  if (term === "days") {
    const count = wholeNumber(days, 1, mostDays);
    if (count === undefined) return void say("days", `Type a number of days from 1 to ${mostDays}.`);
    return { term, days: count };
  }
  if (term === "months") {
    const count = wholeNumber(months, 1, mostMonths);
    if (count === undefined) return void say("months", `Type a number of months from 1 to ${mostMonths}.`);
    return timeZone === undefined ? undefined : { term, months: count, timeZone };
  }
  if (!untilDate) return void say("untilDate", "Choose the last day of the pass.");
  if (timeZone === undefined) return undefined;
  const until = readInstant(untilDate, untilTime || "23:59", timeZone);
  if (!until.ok) return void say("untilDate", until.sentence);
  return { term, until: until.at, timeZone };
}

function readStock(typed: string, say: Say): number | null {
  if (typed === "") return null;
  const stock = wholeNumber(typed, 0, mostStock);
  if (stock !== undefined) return stock;
  const below = /^[-−]\s*\d+$/.test(typed);
  const most = mostStock.toLocaleString("en-GB");
  say(
    "stock",
    below
      ? "There cannot be fewer than 0. Leave it empty for as many as want to."
      : `Type a whole number from 0 to ${most}, or leave it empty for as many as want to.`,
  );
  return null;
}

function readDevices(typed: string, say: Say): number {
  if (typed === "") return usualDevices;
  const devices = wholeNumber(typed, 1, mostDevices);
  if (devices !== undefined) return devices;
  say("devices", `Type a whole number from 1 to ${mostDevices}, or leave it empty for ${usualDevices}.`);
  return usualDevices;
}

function readSale(pass: Typed, timeZone: string, say: Say): Sale {
  const startsAt = readSaleTime("saleStart", pass.saleStartTime || "00:00");
  const endsAt = readSaleTime("saleEnd", pass.saleEndTime || "23:59");
  if (startsAt && endsAt && Date.parse(endsAt) <= Date.parse(startsAt))
    say("saleEndDate", "This is before it begins. Choose a later end, or an earlier beginning.");
  return { startsAt, endsAt };

  function readSaleTime(which: "saleStart" | "saleEnd", time: string): string | null {
    const day = pass[`${which}Date`];
    if (day === "") {
      // A time alone would be left out without a word.
      if (pass[`${which}Time`] !== "") say(`${which}Date`, "Choose the day, or leave the time empty, too.");
      return null;
    }
    const read = readInstant(day, time, timeZone);
    if (read.ok) return read.at;
    say(`${which}Date`, read.sentence);
    return null;
  }
}

function wholeNumber(typed: string, least: number, most: number): number | undefined {
  const number = /^\d{1,15}$/.test(typed) ? Number(typed) : NaN;
  return number >= least && number <= most ? number : undefined;
}
