import type { AppLoadContext } from "@remix-run/node";
import type { Plan } from "../domain/schedule/plan.ts";
import type { ReadSeries } from "../domain/schedule/read-series.ts";
import { previewSeries, type SeriesPreview } from "../domain/schedule/series-preview.ts";
import { startOn } from "../domain/schedule/series.ts";
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

/** What may stay as it is in the form of what follows a stream: its day, however long ago, and a single one that is left. */
export const keptOf = ({ series, day }: Following) => ({
  kept: startOn(day, series.rule).start.startsAt,
  least: 1,
});

/** The same for a stream by its id; nothing for one that is none of this person's, or no part of a series. */
export async function followedStart(
  { context }: { context: AppLoadContext },
  { streamId, userId }: { streamId: string | undefined; userId: string },
): Promise<Partial<ReturnType<typeof keptOf>>> {
  const stream = await findStreamForHost(context.db, { streamId, userId });
  const following = stream && (await findFollowing(context.db, { streamId: stream.id }));
  return following ? keptOf(following) : {};
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
