import { sql, type Transaction } from "kysely";
import { startOn } from "#app/domain/schedule/series.ts";
import { findNow } from "#app/domain/streams/schedule.ts";
import { findFreeSlug } from "#app/domain/streams/stream-slugs.ts";
import type { Log } from "#app/services/log.ts";
import type { Database, Db } from "#db/client.ts";
import { dueDays } from "./due-days.ts";
import { type Series, toSeries } from "./find.ts";

type Trx = Transaction<Database>;

/**
 * Makes the streams of a series that should be there by now (`dueDays`) and are not, and notes when the next is due. The
 * caller has the series locked. Of an experience or a space that is retired none is made. Gives how many were made.
 */
export async function makeAhead(trx: Trx, series: Series): Promise<number> {
  const { days, makeAt } = dueDays(series.rule, await findNow(trx));
  const there = await trx
    .selectFrom("streams")
    .select("series_day")
    .where("series_id", "=", series.id)
    .execute();
  const made = new Set(there.map(({ series_day }) => series_day));
  const missing = days.filter((day) => !made.has(day));
  for (const [index, day] of missing.entries()) {
    if (!(await insertOccurrence(trx, series, day))) return index;
  }
  await trx.updateTable("stream_series").set({ make_at: makeAt }).where("id", "=", series.id).execute();
  return missing.length;
}

/** Makes the stream of one day. False when its experience or space is retired. */
async function insertOccurrence(trx: Trx, series: Series, day: string): Promise<boolean> {
  const { experienceId, title, description, chat } = series;
  const { start } = startOn(day, series.rule);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const slug = await findFreeSlug(trx, { experienceId, title });
    const { rows } = await sql`
      insert into streams (
        experience_id, slug, title, description, starts_at, wall_time, time_zone, length_minutes, created_by,
        chat_before, chat_after_minutes, series_id, series_day
      )
      select e.id, ${slug}, ${title}, ${description}, ${start.startsAt}, ${start.wallTime}, ${start.timeZone},
        ${series.lengthMinutes}::integer, ${series.createdBy}::uuid,
        ${chat.before}::stream_chat_before, ${chat.afterMinutes}::integer, ${series.id}::uuid, ${day}
      from experiences e
      join spaces s on s.id = e.space_id and s.retired_at is null
      where e.id = ${experienceId}::uuid and e.retired_at is null
      for share of e, s
      on conflict do nothing
      returning id
    `.execute(trx);
    if (rows[0]) return true;
    const { rows: taken } = await sql<{ day: boolean; slug: boolean }>`
      select
        exists (select from streams where series_id = ${series.id}::uuid and series_day = ${day}) as day,
        exists (select from streams where experience_id = ${experienceId}::uuid and slug = ${slug}) as slug
    `.execute(trx);
    if (taken[0]?.day) return true;
    // Otherwise another stream took this address a moment before.
    if (!taken[0]?.slug) return false;
  }
  throw new Error("no free slug after 100 tries");
}

/**
 * Makes what is due of all series, each in a transaction of its own. A series that another worker has at this moment is
 * left to it. One that cannot be made, as in a zone that this machine does not know, keeps none of the others: what is
 * wrong with it is thrown at the end, and told to `log` with its id, unless it is among those that were `told` before. Gives
 * how many streams were made.
 */
export async function makeSeriesAhead(
  db: Db,
  { log, told }: { log?: Pick<Log, "error">; told?: Set<string> } = {},
): Promise<number> {
  const failed: string[] = [];
  let problem: unknown;
  let count = 0;
  for (;;) {
    let seriesId: string | undefined;
    try {
      const made = await db.transaction().execute(async (trx) => {
        const due = await lockDue(trx, failed);
        seriesId = due?.id;
        return due && (await makeAhead(trx, due));
      });
      if (made === undefined) break;
      count += made;
    } catch (error) {
      if (!seriesId) throw error;
      failed.push(seriesId);
      if (!told?.has(seriesId)) log?.error({ err: error, seriesId }, "a series could not be made ahead");
      told?.add(seriesId);
      problem ??= error;
    }
  }
  for (const seriesId of told ?? []) if (!failed.includes(seriesId)) told?.delete(seriesId);
  if (failed.length > 0) throw problem;
  return count;
}

async function lockDue(trx: Trx, failed: string[]): Promise<Series | undefined> {
  const row = await trx
    .selectFrom("stream_series as x")
    .innerJoin("experiences as e", "e.id", "x.experience_id")
    .innerJoin("spaces as s", "s.id", "e.space_id")
    .selectAll("x")
    .where("x.make_at", "<=", sql<Date>`clock_timestamp()`)
    .where("e.retired_at", "is", null)
    .where("s.retired_at", "is", null)
    .where(sql<boolean>`x.id <> all (${failed}::uuid[])`)
    .orderBy("x.make_at")
    .limit(1)
    .forUpdate("x")
    .skipLocked()
    .executeTakeFirst();
  return row && toSeries(row);
}
