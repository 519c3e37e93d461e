import type { AppLoadContext } from "@remix-run/node";
import type { Plan } from "../domain/schedule/plan.ts";
import type { ReadSeries } from "../domain/schedule/read-series.ts";
import { previewSeries, type SeriesPreview } from "../domain/schedule/series-preview.ts";
import { startOn } from "../domain/schedule/series.ts";
import { type Following, findFollowing } from "../domain/series/find.ts";
import type { SeriesWords } from "../domain/series/insert.ts";
import { findStreamForHost } from "../domain/streams/find.ts";
import { type Typed, typedText } from "./forms.ts";

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

type SavedSeries = {
  title?: string;
  description?: string;
  start?: { at: string; zone: string };
  lengthMinutes?: number;
  chatBefore?: SeriesWords["chat"]["before"];
  chatAfter?: number;
};

/** What is saved of a series from a stream on, where it is not what somebody typed. */
export function savedSeries(
  { series, day }: Following,
  typed: Omit<SeriesWords, "rule" | "lengthMinutes"> & { plan: Plan },
): SavedSeries {
  const { title, description, plan, chat } = typed;
  const { start } = startOn(day, series.rule);
  const saved: SavedSeries = {};
  if (series.title !== title) saved.title = series.title;
  if (series.description !== description) saved.description = series.description;
  if (start.startsAt.getTime() !== plan.startsAt.getTime() || start.timeZone !== plan.timeZone) {
    saved.start = { at: start.startsAt.toISOString(), zone: start.timeZone };
  }
  if (series.lengthMinutes !== plan.lengthMinutes) saved.lengthMinutes = series.lengthMinutes;
  if (series.chat.before !== chat.before) saved.chatBefore = series.chat.before;
  if (series.chat.afterMinutes !== chat.afterMinutes) saved.chatAfter = series.chat.afterMinutes;
  return saved;
}
