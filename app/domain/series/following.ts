import { sql, type Transaction } from "kysely";
import { Temporal } from "temporal-polyfill";
import { findAccess } from "#app/domain/access/decision.ts";
import { daysOf } from "#app/domain/schedule/series.ts";
import type { Database } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { type Occurrence, listOccurrences, type Series, seriesRow, toSeries } from "./find.ts";

type Trx = Transaction<Database>;

/** What somebody had before them when they changed a stream of a series and all that follow. */
export type FollowingAsked = {
  streamId: string;
  userId: string;
  seriesId: string;
  /** `edit_version` of the series. */
  seriesVersion: number;
};

export type FollowingRefused =
  | { ok: false; reason: "not_found" | "not_host" }
  /** The stream is live, has ended or was cancelled. */
  | { ok: false; reason: "closed"; status: StreamStatus }
  /** Somebody changed the series, or the stream, since it was read. */
  | { ok: false; reason: "saved_before" };

export type LockedFollowing = {
  ok: true;
  series: Series;
  spaceId: string;
  status: StreamStatus;
  day: string;
  streamVersion: number;
  /** Nobody changed the series since, and the stream still belongs to it. */
  fresh: boolean;
  /** All streams from this one on, in the order of the series. */
  occurrences: Occurrence[];
};

/**
 * Locks a series to the transaction's end for somebody who hosts it, and reads it from a stream on. Experience and space
 * are locked before, as everybody does who makes streams: whoever retires them is waited for, and so is this.
 */
export async function lockFollowing(
  trx: Trx,
  { streamId, userId, seriesId, seriesVersion }: FollowingAsked,
): Promise<LockedFollowing | FollowingRefused> {
  const access = await findAccess(trx, { streamId, userId });
  if (!access?.mayModerate) return { ok: false, reason: "not_found" };
  if (!access.mayHost) return { ok: false, reason: "not_host" };
  await sql`
    select from streams s
    join experiences e on e.id = s.experience_id
    join spaces sp on sp.id = e.space_id
    where s.id = ${streamId}::uuid
    for share of e, sp
  `.execute(trx);
  const row = await seriesRow(trx, seriesId).forUpdate().executeTakeFirst();
  const stream = await trx
    .selectFrom("streams")
    .select(["status", "series_id", "series_day", "edit_version"])
    .where("id", "=", streamId)
    .executeTakeFirst();
  // A series of others was never this stream's.
  if (!row || !stream?.series_day || row.experience_id !== access.experienceId) {
    return { ok: false, reason: "not_found" };
  }
  const series = toSeries(row);
  return {
    ok: true,
    series,
    spaceId: access.spaceId,
    status: stream.status,
    day: stream.series_day,
    streamVersion: stream.edit_version,
    fresh: stream.series_id === series.id && series.editVersion === seriesVersion,
    occurrences: await listOccurrences(trx, { seriesId, from: stream.series_day }),
  };
}

/** The days of a series before one of its days, and from it on. */
export function splitDays(series: Series, day: string): { before: string[]; from: string[] } {
  const days = daysOf(series.rule);
  return { before: days.filter((one) => one < day), from: days.filter((one) => one >= day) };
}

/** Ends a series before one of its days. What there is of it from then on is the caller's to change. */
export async function endBefore(
  trx: Trx,
  series: Series,
  { day, userId }: { day: string; userId: string },
): Promise<void> {
  const { before, from } = splitDays(series, day);
  const end = {
    until_day: Temporal.PlainDate.from(day).subtract({ days: 1 }).toString(),
    times: null,
    last_day: before.at(-1) ?? null,
    make_at: null,
  };
  await trx
    .updateTable("stream_series")
    // One that has ended before already does not go on because of a stream that it has left.
    .set({
      ...(from.length > 0 && end),
      edit_version: sql<number>`edit_version + 1`,
      edited_by: userId,
    })
    .where("id", "=", series.id)
    .execute();
}
