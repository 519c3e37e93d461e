import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { oneLine, severalLines } from "../text.ts";

/** How long a grant of a pass lasts: without end, some days from its start, or until an instant for everybody. */
export type Term =
  { term: "open" } | { term: "days"; days: number } | { term: "until"; until: string; timeZone: string };

const days = z
  .string()
  .default("")
  .transform((text) => text.trim());

/** The form of a pass. What belongs to a term that was not chosen is kept as it was typed, and not read. */
export const passForm = z
  .object({
    name: oneLine({ most: 80, what: "The name" }),
    description: severalLines({ most: 5000, what: "The description" }),
    experiences: z
      .array(z.uuid("This is not one of the choices."))
      .max(200, "These are too many experiences for one pass.")
      .default([])
      .refine((ids) => ids.length > 0, "Choose at least one experience that this pass opens."),
    term: z.enum(["open", "days", "until"], "Choose how long the pass lasts."),
    days,
    untilDate: z.string().default(""),
    untilTime: z.string().default(""),
    timeZone: z.string().default(""),
    atExpiry: z.enum(["finish", "cut"], "Choose what happens when it ends during a stream."),
  })
  .transform(({ term, days, untilDate, untilTime, timeZone, ...pass }, refinement) => {
    const wrong = (path: string, message: string) => {
      refinement.addIssue({ code: "custom", path: [path], message });
      return z.NEVER;
    };
    if (term === "open") return { ...pass, terms: { term } as Term };
    if (term === "days") {
      const count = /^\d{1,5}$/.test(days) ? Number(days) : 0;
      if (count < 1 || count > 3660) return wrong("days", "Type a number of days from 1 to 3660.");
      return { ...pass, terms: { term, days: count } as Term };
    }
    if (!untilDate) return wrong("untilDate", "Choose the last day of the pass.");
    if (!isZone(timeZone))
      return wrong("timeZone", "We do not know this time zone. Choose one, such as Europe/Berlin.");
    const until = toInstant(untilDate, untilTime || "23:59", timeZone);
    if (!until) return wrong("untilDate", "There is no such day or time. Look at the date again.");
    return { ...pass, terms: { term, until, timeZone } as Term };
  });

export type PassFields = z.output<typeof passForm>;

/** Whether this machine knows a time zone of this name. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z][\w+/-]{0,63}$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The instant (ISO) of a wall time. Where clocks jump, an end that does not exist is the moment after the jump, and of
 * one that exists twice the first: for an end, nobody needs to be asked. Undefined for a day that is none.
 */
export function toInstant(date: string, time: string, timeZone: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !/^\d{2}:\d{2}$/.test(time)) return undefined;
  try {
    const wall = Temporal.PlainDateTime.from(`${date}T${time}`, { overflow: "reject" });
    return wall.toZonedDateTime(timeZone, { disambiguation: "compatible" }).toInstant().toString();
  } catch {
    return undefined;
  }
}

/** The date and wall time of an instant, for the fields of a form. */
export function toWallTime(instant: Date, timeZone: string): { date: string; time: string } {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  return {
    date: zoned.toPlainDate().toString(),
    time: zoned.toPlainTime().toString({ smallestUnit: "minute" }),
  };
}

/** The names of the zones to choose from. */
export const zoneNames = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone")];
