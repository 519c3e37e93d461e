import type { z } from "zod";
import { type Plan, readPlan } from "../domain/schedule/plan.ts";
import { readSeries, type ReadSeries, type SeriesResult } from "../domain/schedule/read-series.ts";
import type { StartQuestion } from "../domain/schedule/start.ts";
import { type Problems, type Typed, readForm, typedText } from "./forms.ts";

type Clock = { now: Date; kept?: Date; least?: number };

export type ScheduleForm<Value> = {
  typed: Typed;
  question: StartQuestion | undefined;
  /** Of a form that repeats: its dates, as soon as they can be told, whatever else is wrong. */
  series: ReadSeries | undefined;
} & ({ ok: true; value: Value; plan: Plan } | { ok: false; problems: Problems });

/**
 * Reads a schedule form's post with all that is wrong in it at once, and the question that its time may raise. What may
 * be kept can depend on what else was typed.
 */
export async function readScheduleForm<Value>(
  request: Request,
  schema: z.ZodType<Value>,
  clockOf: Clock | ((typed: Typed) => Clock),
): Promise<ScheduleForm<Value>> {
  const read = await readForm(request, schema);
  const { typed } = read;
  const clock = typeof clockOf === "function" ? clockOf(typed) : clockOf;
  const repeats = isRepeated(typed);
  const planned = repeats ? readSeriesFields(typed, clock) : readPlan(planFields(typed), clock);
  const question = "question" in planned ? planned.question : undefined;
  const series = planned.ok && "rule" in planned ? planned : undefined;
  const about = { typed, question, series };
  if (read.ok && planned.ok) return { ok: true, ...about, value: read.value, plan: planned.plan };
  // A field that came twice is told as that: which of the two was meant is not ours to say.
  const problems = { ...(planned.ok ? {} : planned.problems), ...(read.ok ? {} : read.problems) };
  return { ok: false, ...about, problems: inOrder(problems) };
}

/** The question that these fields raise before anybody has sent them: a stored time that comes twice, a draft. */
export const questionOf = (typed: Typed, clock: Clock) =>
  isRepeated(typed) ? undefined : readPlan(planFields(typed), clock).question;

/** Whether it is the form of a series. */
const isRepeated = (typed: Typed) => Boolean(typedText(typed, "repeats")?.trim());

/** Reads the fields of a series alone, as long as somebody is still typing. */
export const readSeriesFields = (typed: Typed, clock: Clock): SeriesResult =>
  readSeries(
    {
      ...planFields(typed),
      repeats: typedText(typed, "repeats"),
      until: typedText(typed, "until"),
      times: typedText(typed, "times"),
    },
    clock,
  );

const planFields = (typed: Typed) => ({
  day: typedText(typed, "day"),
  time: typedText(typed, "time"),
  zone: typedText(typed, "zone"),
  choice: typedText(typed, "choice"),
  length: typedText(typed, "length"),
});

const order = [
  "",
  "title",
  "description",
  "experience",
  "day",
  "time",
  "zone",
  "choice",
  "repeats",
  "until",
  "times",
  "length",
  "chatBefore",
  "chatAfter",
];

/** As the fields stand on the page. */
export function inOrder(problems: Problems): Problems {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.fromEntries(Object.entries(problems).sort(([one], [other]) => place(one) - place(other)));
}
