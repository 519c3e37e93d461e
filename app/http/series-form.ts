import type { AppLoadContext } from "@remix-run/node";
import { Temporal } from "temporal-polyfill";
import type { Plan } from "../domain/schedule/plan.ts";
import type { ReadSeries } from "../domain/schedule/read-series.ts";
import { previewSeries, type SeriesPreview } from "../domain/schedule/series-preview.ts";
import { startOn } from "../domain/schedule/series.ts";
import type { Start } from "../domain/schedule/start.ts";
import { clockInWords, dayInWords } from "../domain/schedule/words.ts";
import { type Following, findFollowing } from "../domain/series/find.ts";
import type { SeriesWords } from "../domain/series/insert.ts";
import { findStreamForHost } from "../domain/streams/find.ts";
import { type Typed, typedText } from "./forms.ts";
import { type OtherWords, otherWords } from "./saved-words.ts";

/** The dates that a form of a series shows, and whether they stood on the page when it was sent. */
export function datesOf(
  typed: Typed,
  series: ReadSeries | undefined,
): { dates: SeriesPreview | undefined; seen: boolean } {
  const dates = series && previewSeries(series.rule, series.days);
  return { dates, seen: dates !== undefined && typedText(typed, "seen") === dates.seen };
}

/**
 * What may stay as it is in the form of what follows a stream: its day, however long ago, and a single one that is left.
 * One that was moved by itself does not start on that day: it may go on from there only where it stays as it is.
 */
export function keptOf({ series, day, open }: Following, typed: Typed) {
  const itself = open.find((stream) => stream.day === day);
  const kept = (changesOwn(typed) ? itself : undefined) ?? startOn(day, series.rule).start;
  return { kept: kept.startsAt, least: 1 };
}

/** Whether streams that were moved or changed by themselves are to be changed as well. */
export const changesOwn = (typed: Typed) => typedText(typed, "own") === "change";

/** What is said beside the day where a stream that starts otherwise would come to start in the past. */
export function pastInWords({ title, start }: { title: string; start: Start }): string {
  const at = Temporal.PlainDateTime.from(start.wallTime);
  const when = `${dayInWords(at)} at ${clockInWords(at)}`;
  return `“${title}” would start on ${when}, which has passed. Choose a later day, or leave what was changed by itself as it is.`;
}

/** The same for the stream whose id was typed; nothing for one that is none of this person's, or no part of a series. */
export async function followedStart(
  { context }: { context: AppLoadContext },
  { typed, userId }: { typed: Typed; userId: string },
): Promise<Partial<ReturnType<typeof keptOf>>> {
  const stream = await findStreamForHost(context.db, { streamId: typedText(typed, "stream"), userId });
  const following = stream && (await findFollowing(context.db, { streamId: stream.id }));
  return following ? keptOf(following, typed) : {};
}

/** What is saved of a series from a stream on, where it is not what somebody typed. */
export function savedSeries(
  { series, day }: Following,
  typed: Omit<SeriesWords, "rule" | "lengthMinutes"> & { plan: Plan },
): OtherWords {
  const { title, description, lengthMinutes, chat } = series;
  const { startsAt, timeZone } = startOn(day, series.rule).start;
  const hours = { chatBefore: chat.before, chatAfterMinutes: chat.afterMinutes };
  return otherWords({ title, description, lengthMinutes, startsAt, timeZone, ...hours }, typed);
}
