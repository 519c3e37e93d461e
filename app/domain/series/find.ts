import { type Kysely, sql } from "kysely";
import type { ChatHours } from "#app/domain/chat/phase.ts";
import { daysOf, type Repeats, type SeriesRule, startOn } from "#app/domain/schedule/series.ts";
import { hasMoved } from "#app/domain/schedule/start.ts";
import { isKnownZone } from "#app/domain/schedule/zones.ts";
import { isOpen } from "#app/domain/streams/schedule.ts";
import { streamColumns, type StreamColumns } from "#app/domain/streams/columns.ts";
import { isId } from "#app/domain/text.ts";
import type { Database } from "#db/client.ts";

/** What the streams of a series are made of. */
export type Series = {
  id: string;
  experienceId: string;
  title: string;
  description: string;
  lengthMinutes: number;
  chat: ChatHours;
  rule: SeriesRule;
  editVersion: number;
  createdBy: string;
};

/** A series by its id, as it stands; a query to go on with. */
export const seriesRow = (db: Kysely<Database>, seriesId: string) =>
  db.selectFrom("stream_series as x").where("x.id", "=", seriesId).selectAll("x");

type Row = Awaited<ReturnType<ReturnType<typeof seriesRow>["executeTakeFirstOrThrow"]>>;

export const toSeries = (row: Row): Series => ({
  id: row.id,
  experienceId: row.experience_id,
  title: row.title,
  description: row.description,
  lengthMinutes: row.length_minutes,
  chat: { before: row.chat_before, afterMinutes: row.chat_after_minutes },
  rule: {
    repeats: row.repeats as Repeats,
    firstDay: row.first_day,
    clock: row.clock,
    timeZone: row.time_zone,
    untilDay: row.until_day,
    times: row.times,
  },
  editVersion: row.edit_version,
  createdBy: row.created_by,
});

/** A stream of a series; `day` is the one that it was made for. */
export type Occurrence = StreamColumns & { day: string };

/** The streams of a series that there are from one of its days on, in the order of its days. */
export async function listOccurrences(
  db: Kysely<Database>,
  { seriesId, from }: { seriesId: string; from: string },
): Promise<Occurrence[]> {
  return db
    .selectFrom("streams as s")
    .select(streamColumns)
    .select(sql<string>`s.series_day`.as("day"))
    .where("s.series_id", "=", seriesId)
    .where("s.series_day", ">=", from)
    .orderBy("s.series_day")
    .execute();
}

/** Whether a stream is not what its series made it: it was moved or changed by itself. */
export function isOwn(stream: Occurrence, { rule, ...series }: Series): boolean {
  return (
    stream.title !== series.title ||
    stream.description !== series.description ||
    stream.lengthMinutes !== series.lengthMinutes ||
    stream.chatBefore !== series.chat.before ||
    stream.chatAfterMinutes !== series.chat.afterMinutes ||
    startsOtherwise(stream, rule)
  );
}

function startsOtherwise(stream: Occurrence, rule: SeriesRule): boolean {
  // In a zone that this machine does not know (any more) nobody can say which instant it is.
  if (!isKnownZone(rule.timeZone)) {
    return stream.timeZone !== rule.timeZone || stream.wallTime !== `${stream.day}T${rule.clock}`;
  }
  const { start } = startOn(stream.day, rule);
  return (
    stream.timeZone !== start.timeZone ||
    stream.wallTime !== start.wallTime ||
    // Of two equal times it is the other one; unless the rules of the zone were changed since.
    (stream.startsAt.getTime() !== start.startsAt.getTime() && !hasMoved(stream))
  );
}

/** A stream's series from that stream on, as a form about it needs it. */
export type Following = {
  series: Series;
  /** The day of the series that the stream was made for. */
  day: string;
  /** `edit_version` of the stream itself. */
  streamVersion: number;
  /** How many days the series has from this one on. */
  left: number;
  /** This stream and those that follow and can still be changed, `own` those that were changed by themselves. */
  open: (Occurrence & { own: boolean })[];
  /** Who saved the series last. */
  seriesEditedBy: string | null;
  /** The same of the stream; null when nobody has edited it. */
  streamEditedBy: string | null;
};

/** The series of a stream from that stream on; undefined for one that belongs to none. Who may see it is asked before. */
export async function findFollowing(
  db: Kysely<Database>,
  { streamId }: { streamId: string },
): Promise<Following | undefined> {
  if (!isId(streamId)) return undefined;
  const nameOf = (user: "u" | "v") =>
    sql<string | null>`coalesce(nullif(${sql.ref(`${user}.name`)}, ''), ${sql.ref(`${user}.email`)})`;
  const stream = await db
    .selectFrom("streams as s")
    .innerJoin("stream_series as x", "x.id", "s.series_id")
    .leftJoin("users as u", (join) => join.on("u.id", "=", sql<string>`coalesce(x.edited_by, x.created_by)`))
    .leftJoin("users as v", "v.id", "s.edited_by")
    .select(["x.id as seriesId", sql<string>`s.series_day`.as("day"), "s.edit_version as streamVersion"])
    .select([nameOf("u").as("seriesEditedBy"), nameOf("v").as("streamEditedBy")])
    .where("s.id", "=", streamId)
    .executeTakeFirst();
  if (!stream) return undefined;
  const { seriesId, day, ...about } = stream;
  const series = toSeries(await seriesRow(db, seriesId).executeTakeFirstOrThrow());
  const occurrences = await listOccurrences(db, { seriesId, from: day });
  const open = occurrences
    .filter(({ status }) => isOpen(status))
    .map((one) => ({ ...one, own: isOwn(one, series) }));
  const left = daysOf(series.rule).filter((one) => one >= day).length;
  return { series, day, left, open, ...about };
}
