import type { Transaction } from "kysely";
import { type SeriesRule, startOn } from "#app/domain/schedule/series.ts";
import { hasPassed, type Start } from "#app/domain/schedule/start.ts";
import { cancelStream, findNow, isOpen, updateSchedule } from "#app/domain/streams/schedule.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { makeAhead } from "./ahead.ts";
import { type Following, isOwn, type Occurrence, type Series, seriesRow, toSeries } from "./find.ts";
import {
  endBefore,
  type FollowingAsked,
  type FollowingRefused,
  type LockedFollowing,
  lockFollowing,
  splitDays,
} from "./following.ts";
import { findFirst, findMadeSeries, insertRow, type SeriesWords } from "./insert.ts";

type Trx = Transaction<Database>;

type Change = FollowingAsked &
  SeriesWords & {
    /** `edit_version` of the stream, as it was read. */
    streamVersion: number;
    /** The days of the new rule. */
    days: string[];
    /** Streams that were moved or changed by themselves are changed, too. */
    ownToo: boolean;
    formKey: string;
  };

export type FollowingChanged =
  /** `streamId` is the first stream of the new series. */
  | { ok: true; already: boolean; streamId: string | undefined }
  | FollowingRefused
  /** The stream of this title, which starts at another time, would come to start then, in the past. */
  | { ok: false; reason: "past"; title: string; start: Start };

/**
 * Changes a stream of a series and all that follow, by a host or an owner: the series ends before it, and a new one goes
 * on. Where both repeat in the same way, each stream takes the place in the new one that it had in the old one (from
 * Tuesdays to Wednesdays, each moves by a day); otherwise those stay that have their day in both. What has no place in the
 * new series is cancelled, what is missing is made. A stream that was moved or changed by itself stays what it is unless
 * `ownToo`; what is live, over or cancelled is never touched, and its day is not made again. None is moved to a start
 * that has passed: then nothing of it is done. Of two who change it at once the second is refused, and so is everything
 * of it.
 */
export async function changeFollowing(db: Db, queue: Queue, change: Change): Promise<FollowingChanged> {
  const { userId, formKey } = change;
  return db.transaction().execute(async (trx): Promise<FollowingChanged> => {
    const locked = await lockFollowing(trx, change);
    if (!locked.ok) return locked;
    const made = await findMadeSeries(trx, { userId, formKey });
    if (made) return { ok: true, already: true, streamId: await findFirst(trx, made.id) };
    if (!locked.fresh || locked.streamVersion !== change.streamVersion) {
      return { ok: false, reason: "saved_before" };
    }
    if (!isOpen(locked.status)) return { ok: false, reason: "closed", status: locked.status };
    const { series: old, day, spaceId } = locked;
    const now = await findNow(trx);
    const handing = handOn(change, locked);
    const past = findPast(handing, { rule: change.rule, now });
    if (past) return { ok: false, reason: "past", ...past };
    const seriesId = await insertRow(trx, { ...change, spaceId, experienceId: old.experienceId });
    // Its experience is retired: nothing of it is open, so this is a moment that hardly exists.
    if (!seriesId) return { ok: false, reason: "not_host" };
    await endBefore(trx, old, { day, userId });
    await passOn(trx, queue, { change, handing, seriesId, now });
    const series = toSeries(await seriesRow(trx, seriesId).executeTakeFirstOrThrow());
    await makeAhead(trx, series);
    return { ok: true, already: false, streamId: await findFirst(trx, seriesId) };
  });
}

/** A stream of the old series, its day in the new one if it has one there, and whether it stays what it is. */
type Handing = { stream: Occurrence; day: string | undefined; stays: boolean };

type Planned = Pick<Change, "rule" | "days" | "ownToo">;

function handOn(
  change: Planned,
  { series, day, occurrences }: Pick<LockedFollowing, "series" | "day" | "occurrences">,
): Handing[] {
  const places = placesIn(change, series, day);
  return occurrences.map((stream) => {
    const stays = !isOpen(stream.status) || (isOwn(stream, series) && !change.ownToo);
    return { stream, day: places.get(stream.day), stays };
  });
}

/** The streams that `changeFollowing` would cancel, since the new days have no place for them. */
export function listLost({ series, day, open }: Following, planned: Planned): Occurrence[] {
  const handing = handOn(planned, { series, day, occurrences: open });
  return handing.flatMap(({ stream, day: place, stays }) => (stays || place !== undefined ? [] : [stream]));
}

/** Whether a stream would come to start in the past; where it stays as it is, however long ago, nobody moves it. */
const isPast = (stream: { startsAt: Date }, start: Start, now: Date) =>
  start.startsAt.getTime() !== stream.startsAt.getTime() && hasPassed(start, now);

function findPast(handing: Handing[], { rule, now }: { rule: SeriesRule; now: Date }) {
  for (const { stream, day, stays } of handing) {
    if (stays || day === undefined) continue;
    const { start } = startOn(day, rule);
    if (isPast(stream, start, now)) return { title: stream.title, start };
  }
  return undefined;
}

/** Each stream of the old series from the split on gets its place in the new one, or is cancelled. */
async function passOn(
  trx: Trx,
  queue: Queue,
  { change, handing, seriesId, now }: { change: Change; handing: Handing[]; seriesId: string; now: Date },
) {
  const { userId } = change;
  for (const { stream, day, stays } of handing) {
    if (!stays && day === undefined) await cancelStream(trx, queue, { streamId: stream.id, userId });
    if (!stays && day !== undefined) await rewrite(trx, { stream, day, change, now });
    if (day === undefined) continue;
    const place = { series_id: seriesId, series_day: day };
    await trx.updateTable("streams").set(place).where("id", "=", stream.id).execute();
  }
}

/** The day in the new series of each day in the old one that has a place there. */
function placesIn({ rule, days }: Planned, old: Series, day: string): Map<string, string> {
  const { from } = splitDays(old, day);
  // A stream that an earlier change left behind has no day in its series any more: it is the first of the new one.
  const rest = from.length > 0 ? from : [day];
  const inBoth = new Set(days);
  const pairs = rest.map((one, index): [string, string | undefined] => {
    if (rule.repeats === old.rule.repeats || from.length === 0) return [one, days[index]];
    return [one, inBoth.has(one) ? one : undefined];
  });
  return new Map(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

type Rewriting = { stream: Occurrence; day: string; change: Change; now: Date };

async function rewrite(trx: Trx, { stream, day, change, now }: Rewriting) {
  const { userId, title, description, lengthMinutes, chat, ownToo, rule } = change;
  const plan = { ...startOn(day, rule).start, lengthMinutes };
  const edit = { streamId: stream.id, userId, title, description, plan, chat };
  const updated = await updateSchedule(trx, { ...edit, version: stream.editVersion });
  // Somebody changed it by itself at this very moment: then it is one of those.
  if (updated.ok || updated.reason !== "saved_before" || !ownToo) return;
  if (isPast(updated.saved, plan, now)) return;
  await updateSchedule(trx, { ...edit, version: updated.saved.editVersion });
}
