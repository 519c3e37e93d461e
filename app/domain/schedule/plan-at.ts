import { Temporal } from "temporal-polyfill";
import { type PlanResult, readPlan } from "./plan.ts";
import { normalizeZone } from "./zones.ts";

type Said = { startsAt: Date; timeZone: string; lengthMinutes: number };

/**
 * The plan of a stream that starts at an instant, as clocks in `timeZone` show it, by the rules of `readPlan`. Refuses
 * also what is not a whole minute.
 */
export function planAt(
  { startsAt, timeZone, lengthMinutes }: Said,
  clock: { now: Date; kept?: Date },
): PlanResult {
  const zone = normalizeZone(timeZone);
  if (startsAt.getTime() % 60_000 !== 0)
    return { ok: false, problems: { time: ["A stream starts at a whole minute."] } };
  const length = `${lengthMinutes} min`;
  if (!zone) return readPlan({ day: "2000-01-01", time: "00:00", zone: timeZone, length }, clock);
  const at = Temporal.Instant.fromEpochMilliseconds(startsAt.getTime()).toZonedDateTimeISO(zone);
  return readPlan(
    {
      day: at.toPlainDate().toString(),
      time: at.toPlainTime().toString({ smallestUnit: "minute" }),
      zone,
      // Where clocks show a time twice, the instant says which one is meant.
      choice: at.toString({ smallestUnit: "minute" }),
      length,
    },
    clock,
  );
}
