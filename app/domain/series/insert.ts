import { type Kysely, sql, type Transaction } from "kysely";
import type { ChatHours } from "#app/domain/chat/phase.ts";
import { daysOf, type SeriesRule } from "#app/domain/schedule/series.ts";
import type { Database, Db } from "#db/client.ts";
import { makeAhead } from "./ahead.ts";
import { seriesRow, toSeries } from "./find.ts";

type Trx = Transaction<Database>;

/** What a creator says of the streams of a series. */
export type SeriesWords = {
  title: string;
  description: string;
  lengthMinutes: number;
  chat: ChatHours;
  rule: SeriesRule;
};

type Scheduling = SeriesWords & {
  userId: string;
  spaceId: string;
  experienceId: string;
  /** The form's own key (uuid): the same press, sent twice, makes one series. */
  formKey: string;
};

export type SeriesScheduled =
  /** `streamId` is its first stream, which a day that is over has not. */
  | { ok: true; seriesId: string; streamId: string | undefined; already: boolean }
  /** `no_experience`: none of this space that this person may host in. `form_used`: this form made something else before. */
  | { ok: false; reason: "no_experience" }
  | { ok: false; reason: "form_used"; title: string };

/**
 * Schedules a series in an experience of `spaceId`, by a host or an owner of that space, with its first streams. The same
 * form sent again finds the series that it made (`already`), unless it says something else by now.
 */
export async function insertSeries(db: Db, scheduling: Scheduling): Promise<SeriesScheduled> {
  const { userId, experienceId, formKey } = scheduling;
  return db.transaction().execute(async (trx): Promise<SeriesScheduled> => {
    const stream = await trx
      .selectFrom("streams")
      .select("title")
      .where("created_by", "=", userId)
      .where("form_key", "=", formKey)
      .executeTakeFirst();
    if (stream) return { ok: false, reason: "form_used", title: stream.title };
    const seriesId = await insertRow(trx, scheduling);
    if (seriesId) {
      const series = toSeries(await seriesRow(trx, seriesId).executeTakeFirstOrThrow());
      await makeAhead(trx, series);
      return { ok: true, seriesId, streamId: await findFirst(trx, seriesId), already: false };
    }
    const made = await findMadeSeries(trx, { userId, formKey });
    if (!made) return { ok: false, reason: "no_experience" };
    if (made.experienceId !== experienceId || !isSame(made, scheduling)) {
      return { ok: false, reason: "form_used", title: made.title };
    }
    return { ok: true, seriesId: made.id, streamId: await findFirst(trx, made.id), already: true };
  });
}

/** The series that a form of this person made, or undefined. */
export async function findMadeSeries(
  db: Kysely<Database>,
  { userId, formKey }: { userId: string; formKey: string },
) {
  const row = await db
    .selectFrom("stream_series")
    .selectAll()
    .where("created_by", "=", userId)
    .where("form_key", "=", formKey)
    .executeTakeFirst();
  return row && toSeries(row);
}

/**
 * The row alone, by a host or an owner of the space. Undefined where this form made one before, or the experience is not
 * there for them. Whoever retires it, or takes the right away, is waited for, and so is this.
 */
export async function insertRow(
  trx: Trx,
  { userId, spaceId, experienceId, formKey, title, description, lengthMinutes, chat, rule }: Scheduling,
): Promise<string | undefined> {
  const lastDay = daysOf(rule).at(-1) ?? null;
  const { rows } = await sql<{ id: string }>`
    insert into stream_series (
      experience_id, title, description, length_minutes, chat_before, chat_after_minutes, repeats, first_day, clock,
      time_zone, until_day, times, last_day, created_by, form_key
    )
    select e.id, ${title}, ${description}, ${lengthMinutes}::integer, ${chat.before}::stream_chat_before,
      ${chat.afterMinutes}::integer, ${rule.repeats}, ${rule.firstDay}, ${rule.clock}, ${rule.timeZone},
      ${rule.untilDay}, ${rule.times}::integer, ${lastDay}, m.user_id, ${formKey}::uuid
    from experiences e
    join spaces s on s.id = e.space_id and s.retired_at is null
    join space_members m on m.space_id = s.id and m.user_id = ${userId}::uuid and m.role in ('owner', 'host')
    where e.id = ${experienceId}::uuid and e.space_id = ${spaceId}::uuid and e.retired_at is null
    for share of e, s, m
    on conflict (created_by, form_key) do nothing
    returning id
  `.execute(trx);
  return rows[0]?.id;
}

/** The first stream that a series has; undefined while it has none. */
export async function findFirst(trx: Trx, seriesId: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom("streams")
    .select("id")
    .where("series_id", "=", seriesId)
    .orderBy("series_day")
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** Whether the same was said of both. */
export const isSame = (one: SeriesWords, other: SeriesWords) =>
  one.title === other.title &&
  one.description === other.description &&
  one.lengthMinutes === other.lengthMinutes &&
  one.chat.before === other.chat.before &&
  one.chat.afterMinutes === other.chat.afterMinutes &&
  (Object.keys(one.rule) as (keyof SeriesRule)[]).every((part) => one.rule[part] === other.rule[part]);
