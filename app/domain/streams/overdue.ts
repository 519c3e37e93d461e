import { sql } from "kysely";

/** A stream that was to begin so long ago and never did is not coming up any more. */
const overdueHours = 12;

/** Whether one that was to start at `startsAt` is, by the clock `at` (both ISO). Of streams that have not begun alone. */
export const isOverdue = (startsAt: string, at: string): boolean =>
  Date.parse(startsAt) <= Date.parse(at) - overdueHours * 60 * 60_000;

/** The same in a query that has the stream as `s`, of the one that is not. */
export const isNotOverdue = sql<boolean>`s.starts_at > now() - interval ${sql.lit(`${overdueHours} hours`)}`;
