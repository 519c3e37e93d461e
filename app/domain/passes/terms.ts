import { Temporal } from "temporal-polyfill";
import { listZones } from "../schedule/zones.ts";

/**
 * How long a grant of a pass lasts: without end, some days from its start, some months of the calendar in the pass's zone,
 * or until an instant for everybody.
 */
export type Term =
  | { term: "open" }
  | { term: "days"; days: number }
  | { term: "months"; months: number; timeZone: string }
  | { term: "until"; until: string; timeZone: string };

export const mostDays = 3660;
export const mostMonths = 120;

/** No time of a pass is in a later year: a time without end is what is meant then, and the database has its bounds. */
const lastYear = 2999;

export type ReadInstant = { ok: true; at: string } | { ok: false; sentence: string };

/**
 * The instant (ISO) of a day and a wall time in a zone, both as forms send them. Where clocks jump, an end that does not
 * exist is the moment after the jump, and of one that exists twice the first: for an end, nobody needs to be asked. Refuses,
 * with a sentence, a day or time that there is not, and years before 2000 or after 2999.
 */
export function readInstant(day: string, time: string, timeZone: string): ReadInstant {
  const none = "There is no such day or time. Look at the date again.";
  const year = /^[+-]?\d{4,}(?=-\d{2}-\d{2}$)/.exec(day.trim())?.[0];
  if (year === undefined) return { ok: false, sentence: none };
  if (year.length > 4 || Number(year) > lastYear)
    return { ok: false, sentence: `Choose a day before the year ${lastYear + 1}.` };
  if (Number(year) < 2000) return { ok: false, sentence: "This day is long past. Look at the year again." };
  const at = toInstant(day.trim(), time.trim(), timeZone);
  return at ? { ok: true, at } : { ok: false, sentence: none };
}

/** The same without words: undefined for a day or time that there is not. */
export function toInstant(day: string, time: string, timeZone: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !/^\d{2}:\d{2}$/.test(time)) return undefined;
  try {
    const wall = Temporal.PlainDateTime.from(`${day}T${time}`, { overflow: "reject" });
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
export const zoneNames = (): string[] => {
  const names = listZones().flatMap(({ zones }) => zones);
  return ["UTC", ...names.filter((name) => name !== "UTC")];
};

export const zoneUnknown = "We do not know this time zone. Choose one, such as Europe/Berlin.";
