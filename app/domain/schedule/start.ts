import { Temporal } from "temporal-polyfill";
import { clockInWords, dayInWords, monthName, timeBeside } from "./words.ts";
import { normalizeZone } from "./zones.ts";

/** How far ahead a stream may be scheduled. */
export const mostYearsAhead = 2;

/** When a stream starts: the instant, and what the creator said, from which it was made. */
export type Start = {
  startsAt: Date;
  /** "2027-03-28T03:30" on the clocks of `timeZone`. */
  wallTime: string;
  timeZone: string;
};

/** The `choice` of a series, which asks nothing: a time that is left out is as much later, of two equal ones it is the first. */
export const byRule = "rule";

export type TypedStart = { day?: string; time?: string; zone?: string; choice?: string };

export type StartProblem = { field: "day" | "time" | "zone" | "choice"; sentence: string };

/** One of the times that a creator may have meant; `value` is what a form sends back as `choice`. */
export type StartChoice = { value: string; label: string };

/** A time that does not exist, or exists twice, on its day: why, and what to choose from. */
export type StartQuestion = { sentence: string; choices: StartChoice[] };

export type StartResult = { question?: StartQuestion } & (
  { ok: true; start: Start } | { ok: false; problems: StartProblem[] }
);

/**
 * Reads what was typed as a day ("2027-03-28"), a time ("02:30") and a zone into an instant. Refuses what is no day, no
 * time or no zone, what has passed (the minute that is running has not) and what is more than two years ahead of `now`.
 * A time that the clocks leave out or show twice on that day is a question; `choice` answers it, if it is one of the
 * answers to this very question, and is ignored otherwise, since it then belongs to what was typed before.
 * `kept` is the start as it stands: it may stay as it is, however long ago it is.
 */
export function readStart(typed: TypedStart, { now, kept }: { now: Date; kept?: Date }): StartResult {
  const problems: StartProblem[] = [];
  const say = (field: StartProblem["field"], sentence: string) => void problems.push({ field, sentence });
  const day = readDay(typed.day ?? "", (sentence) => say("day", sentence));
  const time = readTime(typed.time ?? "", (sentence) => say("time", sentence));
  const zone = readZone(typed.zone ?? "", (sentence) => say("zone", sentence));
  if (!day || !time || !zone) return { ok: false, problems };

  const wall = day.toPlainDateTime(time);
  const first = wall.toZonedDateTime(zone, { disambiguation: "earlier" });
  const last = wall.toZonedDateTime(zone, { disambiguation: "later" });
  const isKept = (at: Temporal.ZonedDateTime) => at.epochMilliseconds === kept?.getTime();
  const clock = { now: Temporal.Instant.fromEpochMilliseconds(now.getTime()), zone };
  if (!isKept(first) && !isKept(last)) {
    const out = outOfRange(last, clock) ?? outOfRange(first, { ...clock, onlyFar: true });
    if (out) return { ok: false, problems: [out] };
  }
  if (first.equals(last)) return { ok: true, start: toStart(first) };

  const question = ask(wall, first, last);
  const isByRule = typed.choice === byRule;
  const chosen = isByRule
    ? wall.toZonedDateTime(zone, { disambiguation: "compatible" })
    : [first, last].find((at) => toValue(at) === typed.choice);
  if (!chosen) return { ok: false, question, problems: [{ field: "choice", sentence: question.sentence }] };
  const out = isKept(chosen) ? undefined : outOfRange(chosen, clock);
  if (out)
    return { ok: false, question, problems: [isByRule ? out : { field: "choice", sentence: out.sentence }] };
  return { ok: true, question, start: toStart(chosen) };
}

/** Whether a start has passed at `now`. The minute that is running has not. */
export const hasPassed = ({ startsAt }: Pick<Start, "startsAt">, now: Date) =>
  startsAt.getTime() < Math.floor(now.getTime() / 60_000) * 60_000;

/** The fields of a form for a start that is stored; `choice` says which of two equal times it is. */
export function typeStart({ startsAt, wallTime, timeZone }: Start): Required<TypedStart> {
  const [day = "", time = ""] = wallTime.split("T");
  const zone = normalizeZone(timeZone) ?? timeZone;
  if (!normalizeZone(timeZone)) return { day, time, zone, choice: "" };
  const at = Temporal.Instant.fromEpochMilliseconds(startsAt.getTime()).toZonedDateTimeISO(zone);
  return { day, time, zone, choice: toValue(at) };
}

/**
 * Whether the clocks of its zone show another time by now than what was said when it was scheduled, because the zone's
 * rules were changed since. The instant was promised, and stays.
 */
export function hasMoved({ startsAt, wallTime, timeZone }: Start): boolean {
  const zone = normalizeZone(timeZone);
  if (!zone) return false;
  const wall = Temporal.PlainDateTime.from(wallTime);
  return (["earlier", "later"] as const).every(
    (disambiguation) =>
      wall.toZonedDateTime(zone, { disambiguation }).epochMilliseconds !== startsAt.getTime(),
  );
}

/** The fields of a form for the next of a weekly series: same weekday and time, after `after` and after `now`. */
export function typeNextWeek(start: Start, now: Date): TypedStart {
  const { zone, time, ...typed } = typeStart(start);
  if (!normalizeZone(zone)) return { time };
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate();
  let day = Temporal.PlainDate.from(typed.day).add({ weeks: 1 });
  const late = day.until(today, { largestUnit: "days" }).days;
  if (late >= 0) day = day.add({ weeks: Math.floor(late / 7) + 1 });
  return { day: day.toString(), time, zone };
}

/** A day as it was typed, "2027-03-28"; what is none is said. */
export function readDay(typed: string, say: (sentence: string) => void): Temporal.PlainDate | undefined {
  const text = typed.trim();
  if (text === "") return void say("Choose the day.");
  const parts = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (!parts) return void say("Write the day as year, month and day, such as 2027-03-28.");
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch {
    const called = monthName(month);
    return void say(
      called && day > 0
        ? `There is no ${day} ${called} in ${year}. Choose another day.`
        : "There is no such day.",
    );
  }
}

/** A time as it was typed, "19:30" or "19.30"; what is none is said. */
export function readTime(typed: string, say: (sentence: string) => void): Temporal.PlainTime | undefined {
  const text = typed.trim();
  if (text === "") return void say("Choose the time.");
  const parts = /^(\d{1,2})[:.](\d{2})(?::00(?:\.0+)?)?$/.exec(text);
  const [hour = 99, minute = 99] = parts?.slice(1).map(Number) ?? [];
  if (hour > 23 || minute > 59) return void say("Write the time with hours and minutes, such as 19:30.");
  return Temporal.PlainTime.from({ hour, minute });
}

function readZone(typed: string, say: (sentence: string) => void): string | undefined {
  const text = typed.trim();
  if (text === "") return void say("Choose the time zone.");
  const zone = normalizeZone(text);
  if (zone) return zone;
  const known = /^[\w+/: -]{1,40}$/.test(text) ? ` called ${text}` : " of that name";
  return void say(`We know no time zone${known}. Choose one from the list.`);
}

type Clock = { now: Temporal.Instant; zone: string; onlyFar?: boolean };

function outOfRange(at: Temporal.ZonedDateTime, { now, zone, onlyFar }: Clock): StartProblem | undefined {
  const here = now.toZonedDateTimeISO(zone);
  if (Temporal.ZonedDateTime.compare(at, here.add({ years: mostYearsAhead })) > 0) {
    return {
      field: "day",
      sentence: `${dayInWords(at)} is more than two years ahead. Choose an earlier day.`,
    };
  }
  if (onlyFar || !hasPassed(toStart(at), new Date(now.epochMilliseconds))) return undefined;
  if (Temporal.PlainDate.compare(at.toPlainDate(), here.toPlainDate()) < 0) {
    return { field: "day", sentence: `${dayInWords(at)} is in the past. Choose today or a later day.` };
  }
  return {
    field: "time",
    sentence: `${clockInWords(at)} has passed: it is ${clockInWords(here)} in ${zone} now. Choose a later time.`,
  };
}

function ask(
  wall: Temporal.PlainDateTime,
  first: Temporal.ZonedDateTime,
  last: Temporal.ZonedDateTime,
): StartQuestion {
  const day = wall.toPlainDate();
  const change = first.getTimeZoneTransition("next");
  const words = (at: Temporal.PlainDateTime) => timeBeside(at, day);
  const from = change && words(change.toInstant().toZonedDateTimeISO(first.offset).toPlainDateTime());
  const to = change && words(change.toPlainDateTime());
  const typed = clockInWords(wall);
  if (!first.toPlainDateTime().equals(last.toPlainDateTime())) {
    const choices = [last, first].map((at) => ({ value: toValue(at), label: words(at.toPlainDateTime()) }));
    const why = from && to ? `clocks go from ${from} to ${to}` : "the clocks leave it out";
    const use = choices.map(({ label }) => label).join(" or ");
    return { sentence: `${typed} does not exist on that day: ${why}. Use ${use}.`, choices };
  }
  const why = from && to ? `clocks go from ${from} back to ${to}` : "the clocks go back";
  return {
    sentence: `${typed} comes twice on that day: ${why}. Choose which one you mean.`,
    choices: [
      { value: toValue(first), label: `${typed}, the first time (UTC${first.offset})` },
      { value: toValue(last), label: `${typed}, the second time (UTC${last.offset})` },
    ],
  };
}

const toValue = (at: Temporal.ZonedDateTime) => at.toString({ smallestUnit: "minute" });

/** A start of its instant, on the clocks of its zone. */
export function toStart(at: Temporal.ZonedDateTime): Start {
  return {
    startsAt: new Date(at.epochMilliseconds),
    wallTime: at.toPlainDateTime().toString({ smallestUnit: "minute" }),
    timeZone: at.timeZoneId,
  };
}
