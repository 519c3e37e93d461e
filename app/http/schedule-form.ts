import type { z } from "zod";
import { type Plan, readPlan } from "../domain/schedule/plan.ts";
import type { StartQuestion } from "../domain/schedule/start.ts";
import { type Problems, type Typed, readForm, typedText } from "./forms.ts";

type Clock = { now: Date; kept?: Date };

export type ScheduleForm<Value> = { typed: Typed; question: StartQuestion | undefined } & (
  { ok: true; value: Value; plan: Plan } | { ok: false; problems: Problems }
);

/** Reads a schedule form's post with all that is wrong in it at once, and the question that its time may raise. */
export async function readScheduleForm<Value>(
  request: Request,
  schema: z.ZodType<Value>,
  clock: Clock,
): Promise<ScheduleForm<Value>> {
  const read = await readForm(request, schema);
  const { typed } = read;
  const planned = readPlan(planFields(typed), clock);
  const { question } = planned;
  if (read.ok && planned.ok) return { ok: true, typed, question, value: read.value, plan: planned.plan };
  // A field that came twice is told as that: which of the two was meant is not ours to say.
  const problems = { ...(planned.ok ? {} : planned.problems), ...(read.ok ? {} : read.problems) };
  return { ok: false, typed, question, problems: inOrder(problems) };
}

/** The question that these fields raise before anybody has sent them: a stored time that comes twice, a draft. */
export const questionOf = (typed: Typed, clock: Clock) => readPlan(planFields(typed), clock).question;

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
  "length",
  "chatBefore",
  "chatAfter",
];

/** As the fields stand on the page. */
export function inOrder(problems: Problems): Problems {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.fromEntries(Object.entries(problems).sort(([one], [other]) => place(one) - place(other)));
}
