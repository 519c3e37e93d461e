import type { LoaderFunctionArgs } from "@remix-run/node";
import { findNow } from "../domain/streams/schedule.ts";
import { readSeriesFields } from "../http/schedule-form.ts";
import { findTypedFollowing, keptOf, previewOf } from "../http/series-form.ts";
import { requireTeam } from "../http/team.ts";

/** The dates of a series as somebody types it, or the first thing that is not right yet. */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer } = await requireTeam(args, { least: "host" });
  const { searchParams } = new URL(args.request.url);
  const typed = Object.fromEntries([...searchParams].map(([name, text]) => [name, text.slice(0, 200)]));
  const [now, following] = await Promise.all([
    findNow(args.context.db),
    findTypedFollowing(args, { typed, userId: viewer.userId }),
  ]);
  const read = readSeriesFields(typed, { now, ...(following && keptOf(following, typed)) });
  const [problem = ""] = read.ok ? [] : Object.values(read.problems).flat();
  return Response.json(
    read.ok ? { ok: true, dates: previewOf(typed, read, following) } : { ok: false, problem },
  );
}
