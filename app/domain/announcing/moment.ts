import { Temporal } from "temporal-polyfill";
import { remembered } from "../remembered.ts";
import { clockInWords, dayInWords } from "../schedule/words.ts";
import { normalizeZone } from "../schedule/zones.ts";

/** An instant (ISO) as clocks at a stream's place show it, for readers whose zone nobody knows. */
export type PublicMoment = {
  /** "Monday 30 November 2026" */
  day: string;
  /** "19:00" */
  time: string;
  /** "Europe/Berlin"; "UTC" where the zone's name is not known here. */
  zone: string;
  /** "2026-11-30T19:00:00+01:00" */
  iso: string;
};

export function publicMoment(at: string | Date, timeZone: string): PublicMoment {
  return momentThere(typeof at === "string" ? at : at.toISOString(), timeZone);
}

const momentThere = remembered((at: string, timeZone: string): PublicMoment => {
  const zone = normalizeZone(timeZone) ?? "UTC";
  const there = Temporal.Instant.from(at).toZonedDateTimeISO(zone);
  return {
    day: dayInWords(there),
    time: clockInWords(there),
    zone,
    iso: there.toString({ timeZoneName: "never", smallestUnit: "second" }),
  };
});

/** "Monday 30 November 2026, 19:00 (Europe/Berlin)" */
export function momentInWords(at: string | Date, timeZone: string): string {
  const { day, time, zone } = publicMoment(at, timeZone);
  return `${day}, ${time} (${zone})`;
}
