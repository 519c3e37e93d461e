import { Temporal } from "temporal-polyfill";
import { placeInMonth, type Repeats } from "./series.ts";
import { dayInWords, weekdayName } from "./words.ts";

const places = ["first", "second", "third", "fourth", "fifth"];

/** "Every week on Monday", "Every two weeks on Monday", "Every month on the second Tuesday", "Every month on the last Friday". */
export function describeRepeats({ repeats, firstDay }: { repeats: Repeats; firstDay: string }): string {
  const first = Temporal.PlainDate.from(firstDay);
  const weekday = weekdayName(first.dayOfWeek);
  if (repeats === "weekly") return `Every week on ${weekday}`;
  if (repeats === "fortnightly") return `Every two weeks on ${weekday}`;
  const place = repeats === "monthly_last" ? "last" : places[placeInMonth(first) - 1];
  return `Every month on the ${place} ${weekday}`;
}

/** The same with its end: "Every week on Monday, until Monday 3 May 2027". */
export function describeSeries({
  lastDay,
  ...series
}: {
  repeats: Repeats;
  firstDay: string;
  /** Null when no day of it is left. */
  lastDay: string | null;
}): string {
  const words = describeRepeats(series);
  return lastDay === null ? words : `${words}, until ${dayInWords(Temporal.PlainDate.from(lastDay))}`;
}

/** The columns of a stream's series, where it has one. */
export type SeriesColumns = {
  seriesRepeats: string | null;
  seriesFirstDay: string | null;
  seriesLastDay: string | null;
};

/** What is said of the series of a stream; null of one that belongs to none. */
export function seriesInWords(stream: SeriesColumns): string | null {
  const { seriesRepeats, seriesFirstDay, seriesLastDay } = stream;
  if (seriesRepeats === null || seriesFirstDay === null) return null;
  return describeSeries({
    repeats: seriesRepeats as Repeats,
    firstDay: seriesFirstDay,
    lastDay: seriesLastDay,
  });
}
