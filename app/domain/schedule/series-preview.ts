import { Temporal } from "temporal-polyfill";
import { daysOf, placeInMonth, type SeriesRule, type SeriesStart, startOn } from "./series.ts";
import { describeSeries } from "./series-words.ts";
import { clockInWords, dayInWords, monthName, timeBeside, weekdayName } from "./words.ts";

/** So many are always told; of the others those about which there is something to say, and the last. */
const alwaysShown = 8;

/** What a series will be, before it is scheduled. */
export type SeriesPreview = {
  /** "Every week on Monday, until Monday 3 May 2027" */
  words: string;
  timeZone: string;
  /** How many streams it has in all. */
  count: number;
  lines: SeriesLine[];
  /** Months that have no such day; null where each has one. */
  skipped: string | null;
  /** A form that sends this back was seen together with these dates. */
  seen: string;
};

/** One stream of it; `number` counts from 1. */
export type SeriesLine = { number: number; day: string; time: string; offset: string; notes: string[] };

/**
 * The first streams of a series on the clocks of its zone, the days marked on which clocks change or its time does not
 * exist or comes twice.
 */
export function previewSeries(rule: SeriesRule, days = daysOf(rule)): SeriesPreview {
  const starts = days.map((day) => startOn(day, rule));
  const lastDay = days.at(-1) ?? null;
  const lines = starts.map((start, index) =>
    lineOf(start, rule, { number: index + 1, on: days[index]!, before: starts[index - 1] }),
  );
  return {
    words: describeSeries({ ...rule, lastDay }),
    timeZone: rule.timeZone,
    count: days.length,
    lines: lines.filter(
      ({ notes }, index) => index < alwaysShown || notes.length > 0 || index === lines.length - 1,
    ),
    skipped: skippedMonths(rule, days),
    seen: [days.length, days[0], lastDay, rule.repeats, rule.clock, rule.timeZone].join(" "),
  };
}

function lineOf(
  { at, odd }: SeriesStart,
  { clock }: SeriesRule,
  { number, on, before }: { number: number; on: string; before: SeriesStart | undefined },
): SeriesLine {
  const notes: string[] = [];
  const day = Temporal.PlainDate.from(on);
  if (odd === "missing") {
    notes.push(
      `The clocks leave ${clock} out on this day, so it starts at ${timeBeside(at.toPlainDateTime(), day)}.`,
    );
  } else if (odd === "twice") {
    notes.push(`The clocks show ${clock} twice on this day. It starts the first time (UTC${at.offset}).`);
  } else if (at.hoursInDay !== 24) {
    notes.push(`Clocks change on this day. It starts at ${clock} all the same (UTC${at.offset}).`);
  } else if (before && before.at.offset !== at.offset) {
    notes.push(`Clocks have changed since the one before. It stays at ${clock} (now UTC${at.offset}).`);
  }
  return { number, day: dayInWords(at), time: clockInWords(at), offset: `UTC${at.offset}`, notes };
}

/** "Months without a fifth Friday are left out: February and March 2027." */
function skippedMonths({ repeats, firstDay }: SeriesRule, days: string[]): string | null {
  const first = Temporal.PlainDate.from(firstDay);
  const last = days.at(-1);
  if (repeats !== "monthly" || placeInMonth(first) < 5 || !last) return null;
  const there = new Set(days.map((day) => day.slice(0, 7)));
  const skipped: string[] = [];
  const end = Temporal.PlainDate.from(last).toPlainYearMonth();
  for (
    let month = first.toPlainYearMonth();
    Temporal.PlainYearMonth.compare(month, end) < 0;
    month = month.add({ months: 1 })
  ) {
    if (!there.has(month.toString())) skipped.push(`${monthName(month.month)} ${month.year}`);
  }
  const named = skipped.slice(0, 6).join(", ");
  const more = skipped.length > 6 ? ` and ${skipped.length - 6} more` : "";
  const which = skipped.length > 0 ? `: ${named}${more}` : "";
  return `Months without a fifth ${weekdayName(first.dayOfWeek)} are left out${which}.`;
}
