import type { AppLoadContext } from "@remix-run/node";
import { Temporal } from "temporal-polyfill";
import { isolate } from "../domain/letters/words.ts";
import type { Plan } from "../domain/schedule/plan.ts";
import type { ReadSeries } from "../domain/schedule/read-series.ts";
import { previewSeries, type SeriesPreview } from "../domain/schedule/series-preview.ts";
import { daysOf, startOn } from "../domain/schedule/series.ts";
import type { Start } from "../domain/schedule/start.ts";
import { clockInWords, dayInWords } from "../domain/schedule/words.ts";
import { isKnownZone } from "../domain/schedule/zones.ts";
import { listLost } from "../domain/series/change.ts";
import { type Following, findFollowing, type Occurrence } from "../domain/series/find.ts";
import type { SeriesWords } from "../domain/series/insert.ts";
import { findStreamForHost } from "../domain/streams/find.ts";
import { type Typed, typedText } from "./forms.ts";
import { type OtherWords, otherWords } from "./saved-words.ts";

export type Dates = SeriesPreview & {
  /** What of a series that goes on would not be there any more. */
  lost: string[];
};

/** The dates of a series, beside those of the one that goes on as it. */
export function previewOf(
  typed: Typed,
  { rule, days }: Pick<ReadSeries, "rule" | "days">,
  following?: Following,
): Dates {
  const preview = previewSeries(rule, days);
  if (!following) return { ...preview, lost: [] };
  const cancelled = listLost(following, { rule, days, ownToo: changesOwn(typed) });
  const lost = lostInWords(following, { rule, days, cancelled });
  return { ...preview, lost, seen: `${preview.seen} ${cancelled.length}` };
}

/** The dates that a form of a series shows, and whether they stood on the page when it was sent. */
export function datesOf(
  typed: Typed,
  series: ReadSeries | undefined,
  following?: Following,
): { dates: Dates | undefined; seen: boolean } {
  const dates = series && previewOf(typed, series, following);
  return { dates, seen: dates !== undefined && typedText(typed, "seen") === dates.seen };
}

/** A long list helps nobody. */
const mostNamed = 8;

function lostInWords(
  { series, left }: Following,
  { rule, days, cancelled }: Pick<ReadSeries, "rule" | "days"> & { cancelled: Occurrence[] },
): string[] {
  const lost: string[] = [];
  if (cancelled.length > 0) {
    const named = cancelled.slice(0, mostNamed).map(({ wallTime }) => wallInWords(wallTime));
    const more = cancelled.length > mostNamed ? `, and ${cancelled.length - mostNamed} more` : "";
    const are = cancelled.length === 1 ? "One stream has" : `${cancelled.length} streams have`;
    lost.push(`${are} no place among these dates and will be cancelled: ${named.join(", ")}${more}.`);
  }
  // Its days were moved, and its end was not.
  if (rule.repeats === series.rule.repeats && rule.untilDay !== null && days.length < left) {
    const last = daysOf({ ...rule, untilDay: null, times: left }).at(-1)!;
    const until = dayInWords(Temporal.PlainDate.from(last));
    lost.push(
      `There were ${left} from here on, and will be ${days.length}. To keep as many, let it go on until ${until}.`,
    );
  }
  return lost;
}

/** "Monday 3 May 2027 at 20:00" */
function wallInWords(wallTime: string): string {
  const at = Temporal.PlainDateTime.from(wallTime);
  return `${dayInWords(at)} at ${clockInWords(at)}`;
}

/**
 * What may stay as it is in the form of what follows a stream: its day, however long ago, and a single one that is left.
 * One that was moved by itself does not start on that day: it may go on from there only where it stays as it is.
 */
export function keptOf({ series, day, open }: Following, typed: Typed) {
  const itself = open.find((stream) => stream.day === day);
  const isItself = changesOwn(typed) || !isKnownZone(series.rule.timeZone);
  const kept = isItself ? itself : startOn(day, series.rule).start;
  return { kept: kept?.startsAt, least: 1 };
}

/** Whether streams that were moved or changed by themselves are to be changed as well. */
export const changesOwn = (typed: Typed) => typedText(typed, "own") === "change";

/** What is said beside the day where a stream that starts otherwise would come to start in the past. */
export function pastInWords({ title, start }: { title: string; start: Start }): string {
  return `“${isolate(title)}” would start on ${wallInWords(start.wallTime)}, which has passed. Choose a later day, or leave what was changed by itself as it is.`;
}

/** What follows the stream whose id was typed; undefined for one that is none of this person's, or no part of a series. */
export async function findTypedFollowing(
  { context }: { context: AppLoadContext },
  { typed, userId }: { typed: Typed; userId: string },
): Promise<Following | undefined> {
  const stream = await findStreamForHost(context.db, { streamId: typedText(typed, "stream"), userId });
  return stream && (await findFollowing(context.db, { streamId: stream.id }));
}

/** What is saved of a series from a stream on, where it is not what somebody typed. */
export function savedSeries(
  { series, day, open }: Following,
  typed: Omit<SeriesWords, "rule" | "lengthMinutes"> & { plan: Plan },
): OtherWords {
  const { title, description, lengthMinutes, chat } = series;
  const { startsAt, timeZone } = isKnownZone(series.rule.timeZone)
    ? startOn(day, series.rule).start
    : (open.find((stream) => stream.day === day) ?? typed.plan);
  const hours = { chatBefore: chat.before, chatAfterMinutes: chat.afterMinutes };
  return otherWords({ title, description, lengthMinutes, startsAt, timeZone, ...hours }, typed);
}
