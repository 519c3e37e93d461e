import { Temporal } from "temporal-polyfill";
import { daysOf, type SeriesRule, startOn } from "#app/domain/schedule/series.ts";

/** The streams of the next so many days are there, and at least so many that are still to come. */
export const daysAhead = 90;
export const leastAhead = 4;

/**
 * The days of a series for which there should be a stream at `now`, those that are over left out, and from when on there
 * should be one more (null: never).
 */
export function dueDays(rule: SeriesRule, now: Date): { days: string[]; makeAt: Date | null } {
  const instant = Temporal.Instant.fromEpochMilliseconds(now.getTime());
  const today = instant.toZonedDateTimeISO(rule.timeZone).toPlainDate();
  const last = today.add({ days: daysAhead }).toString();
  const coming = daysOf(rule).filter((day) => {
    if (day < today.toString()) return false;
    // The minute that is running has not passed, as for a single stream.
    return day > today.toString() || startOn(day, rule).at.epochMilliseconds > now.getTime() - 60_000;
  });
  const days = coming.filter((day, index) => index < leastAhead || day <= last);
  const next = coming[days.length];
  if (next === undefined) return { days, makeAt: null };
  const startOf = (day: Temporal.PlainDate) => day.toZonedDateTime(rule.timeZone).epochMilliseconds;
  const near = startOf(Temporal.PlainDate.from(next).subtract({ days: daysAhead }));
  // When the one that is now the first of the least that there are is over.
  const few = startOf(Temporal.PlainDate.from(coming[days.length - leastAhead]!).add({ days: 1 }));
  return { days, makeAt: new Date(Math.min(near, few)) };
}
