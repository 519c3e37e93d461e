import { Temporal } from "temporal-polyfill";
import { type Plan, type TypedPlan, readPlan } from "./plan.ts";
import { daysOf, lastOfWeekday, mostTimes, type Repeats, type SeriesRule, waysToRepeat } from "./series.ts";
import { byRule, readDay, readTime } from "./start.ts";
import { clockInWords, dayInWords, weekdayName } from "./words.ts";

export type TypedSeries = TypedPlan & { repeats?: string; until?: string; times?: string };

export type ReadSeries = {
  /** Of its first stream. */
  plan: Plan;
  rule: SeriesRule;
  days: string[];
};

export type SeriesResult = ({ ok: true } & ReadSeries) | { ok: false; problems: Record<string, string[]> };

/**
 * Reads what was typed as a series: the day, time, zone and length of its first stream as `readPlan` does, how it repeats,
 * and its end, which is a last day or a number of streams, not both and not neither. Tells all problems. A time that the
 * clocks leave out or show twice is no question here: `startOn` says which one it is, on the first day too. Has at least
 * `least` streams and at most `mostTimes`.
 */
export function readSeries(
  typed: TypedSeries,
  { least = 2, ...clock }: { now: Date; kept?: Date; least?: number },
): SeriesResult {
  const read = readPlan({ ...typed, choice: byRule }, clock);
  const problems: Record<string, string[]> = read.ok ? {} : { ...read.problems };
  const say = (field: string) => (sentence: string) => void (problems[field] ??= [sentence]);
  const repeats = waysToRepeat.find((way) => way === typed.repeats?.trim());
  if (!repeats) say("repeats")("Choose how it repeats.");
  const first = readDay(typed.day ?? "", () => {});
  const time = readTime(typed.time ?? "", () => {});
  if (first && repeats === "monthly_last") requireLast(first, say("repeats"));
  const end = readEnd(typed, { first, least }, say);
  if (!read.ok || !first || !time || !repeats || !end || Object.keys(problems).length > 0) {
    return { ok: false, problems };
  }
  const { plan } = read;
  const firstDay = first.toString();
  const rule = { repeats, firstDay, clock: clockInWords(time), timeZone: plan.timeZone, ...end };
  const days = daysOf(rule, mostTimes + 1);
  if (days.length > mostTimes) {
    const last = dayInWords(Temporal.PlainDate.from(days[mostTimes - 1]!));
    say("until")(
      `A series has at most ${mostTimes} streams. Its ${mostTimes}th would be on ${last}: choose that day or an earlier one.`,
    );
  }
  if (days.length < least) {
    say("until")("Only the first stream would be until then. Choose a later day, or let it not repeat.");
  }
  return Object.keys(problems).length > 0 ? { ok: false, problems } : { ok: true, plan, rule, days };
}

type Say = (field: string) => (sentence: string) => void;

function readEnd(
  typed: TypedSeries,
  { first, least }: { first: Temporal.PlainDate | undefined; least: number },
  say: Say,
): Pick<SeriesRule, "untilDay" | "times"> | undefined {
  const [until, times] = [typed.until?.trim() ?? "", typed.times?.trim() ?? ""];
  if (until === "" && times === "") {
    return void say("until")("Say until which day it goes on, or how many times it takes place.");
  }
  if (until !== "" && times !== "") {
    const sentence =
      "Say only one of the two, the last day or how many times, and leave the other one empty.";
    say("times")(sentence);
    return void say("until")(sentence);
  }
  if (times !== "") {
    const number = /^\d{1,12}$/.test(times) ? Number(times) : NaN;
    if (number >= least && number <= mostTimes) return { untilDay: null, times: number };
    const most = number > mostTimes ? `A series has at most ${mostTimes} streams: ` : "";
    return void say("times")(
      `${most}${most ? "write" : "Write"} a whole number from ${least} to ${mostTimes}.`,
    );
  }
  const last = readDay(until, say("until"));
  if (last && first && Temporal.PlainDate.compare(last, first) < 0) {
    return void say("until")(
      `${dayInWords(last)} is before the first stream, on ${dayInWords(first)}. Choose a later day.`,
    );
  }
  return last && { untilDay: last.toString(), times: null };
}

function requireLast(first: Temporal.PlainDate, say: (sentence: string) => void) {
  const last = lastOfWeekday(first);
  if (last.equals(first)) return;
  const weekday = weekdayName(first.dayOfWeek);
  say(
    `${dayInWords(first)} is not the last ${weekday} of its month, which is ${dayInWords(last)}. ` +
      `Begin on that day, or let it repeat in another way.`,
  );
}

/** The fields of a form for a series that goes on from one of its days; `left` is how many of its days there are from then on. */
export function typeSeries(
  rule: SeriesRule,
  { day, left }: { day: string; left: number },
): { day: string; time: string; zone: string; repeats: Repeats; until: string; times: string } {
  return {
    day,
    time: rule.clock,
    zone: rule.timeZone,
    repeats: rule.repeats,
    until: rule.untilDay ?? "",
    times: rule.untilDay === null ? String(left) : "",
  };
}
