import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";
import { type Start, toStart } from "./start.ts";

/** `monthly` is the weekday of the first day in its place from the beginning of the month, `monthly_last` the last one. */
export const waysToRepeat = ["weekly", "fortnightly", "monthly", "monthly_last"] as const;
export type Repeats = (typeof waysToRepeat)[number];

/** So many streams at most has a series: two years of one a week. */
export const mostTimes = 104;

/** When the streams of a series are: days ("2027-03-28") and a time ("02:30") on the clocks of `timeZone`. */
export type SeriesRule = {
  repeats: Repeats;
  firstDay: string;
  clock: string;
  timeZone: string;
  /** It ends with one of the two: its last possible day, or how many streams it has. */
  untilDay: string | null;
  times: number | null;
};

/** The days of a series in their order, at most `most` of them. A month that has no fifth Friday has none of them. */
export function daysOf(
  { repeats, firstDay, untilDay, times }: Omit<SeriesRule, "clock" | "timeZone">,
  most = mostTimes,
): string[] {
  const first = Temporal.PlainDate.from(firstDay);
  if (untilDay !== null && untilDay < firstDay) return [];
  const rule = new RRuleTemporal({
    temporal: Temporal,
    ...partsOf(repeats, first),
    // Days alone: what the clocks of a place do with the time of day is told by `startOn`. The rule itself would leave a
    // stream out whose time does not exist on its day.
    dtstart: first.toZonedDateTime("UTC"),
    ...(times !== null && { count: times }),
    ...(untilDay !== null && { until: Temporal.PlainDate.from(untilDay).toZonedDateTime("UTC") }),
  });
  const days = rule.all((_, index) => index < most).map((at) => at.toPlainDate().toString());
  return days.slice(0, most);
}

function partsOf(repeats: Repeats, first: Temporal.PlainDate) {
  if (repeats === "weekly") return { freq: "WEEKLY" as const };
  if (repeats === "fortnightly") return { freq: "WEEKLY" as const, interval: 2 };
  const weekday = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][first.dayOfWeek - 1];
  const place = repeats === "monthly_last" ? -1 : placeInMonth(first);
  return { freq: "MONTHLY" as const, byDay: [`${place}${weekday}`] };
}

/** The how manieth of its weekday a day is in its month, from 1 to 5. */
export const placeInMonth = ({ day }: Pick<Temporal.PlainDate, "day">) => Math.ceil(day / 7);

/** The last day of this weekday in the month of `day`. */
export function lastOfWeekday(day: Temporal.PlainDate): Temporal.PlainDate {
  const weeks = Math.floor((day.daysInMonth - day.day) / 7);
  return day.add({ weeks });
}

export type SeriesStart = {
  start: Start;
  at: Temporal.ZonedDateTime;
  /** What the clocks do with that time on that day: leave it out, or show it twice. */
  odd: "missing" | "twice" | null;
};

/**
 * When the stream of a series' day starts. A time that the clocks leave out on that day is as much later as they are put
 * forward (02:30 becomes 03:30); of one that they show twice it is the first: both are what the form of a single stream
 * offers first. Throws a RangeError for a zone that this machine does not know.
 */
export function startOn(
  day: string,
  { clock, timeZone }: Pick<SeriesRule, "clock" | "timeZone">,
): SeriesStart {
  const wall = Temporal.PlainDateTime.from(`${day}T${clock}`);
  const at = wall.toZonedDateTime(timeZone, { disambiguation: "compatible" });
  const other = wall.toZonedDateTime(timeZone, { disambiguation: "later" });
  const missing = !at.toPlainDateTime().equals(wall);
  return { start: toStart(at), at, odd: missing ? "missing" : at.equals(other) ? null : "twice" };
}
