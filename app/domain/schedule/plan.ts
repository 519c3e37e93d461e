import { readLength } from "./length.ts";
import { type Start, type StartQuestion, type TypedStart, readStart } from "./start.ts";

/** When, and for how long. */
export type Plan = Start & { lengthMinutes: number };

export type TypedPlan = TypedStart & { length?: string };

export type PlanResult = { question?: StartQuestion } & (
  { ok: true; plan: Plan } | { ok: false; problems: Record<string, string[]> }
);

/** Reads a schedule form's day, time, zone, choice and length, as `readStart` and `readLength` do, and tells all problems. */
export function readPlan(typed: TypedPlan, clock: { now: Date; kept?: Date }): PlanResult {
  const start = readStart(typed, clock);
  const length = readLength(typed.length);
  const { question } = start;
  if (start.ok && length.ok) {
    return { ok: true, question, plan: { ...start.start, lengthMinutes: length.minutes } };
  }
  const problems: Record<string, string[]> = {};
  for (const { field, sentence } of start.ok ? [] : start.problems) problems[field] = [sentence];
  if (!length.ok) problems.length = [length.sentence];
  return { ok: false, question, problems };
}
