import type { AppLoadContext } from "@remix-run/node";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { type Following, findFollowing, type Occurrence } from "#app/domain/series/find.ts";
import type { TeamStream } from "#app/domain/streams/find.ts";
import { isId } from "#app/domain/text.ts";
import type { StreamStatus } from "#db/types.ts";
import { absent } from "./absent.ts";
import { requireStreamOfTeam } from "./stream-of-team.ts";

type Args = { request: Request; context: AppLoadContext; params: { id?: string } };

/**
 * A stream of a series with all that follow, for a host of its team. `back`: where a sign-in leads, if not to this page.
 * Thrown besides what `requireStreamOfTeam` throws: 404 for a stream that is part of no series.
 */
export async function requireFollowing(
  args: Args,
  { back }: { back?: string } = {},
): Promise<{ viewer: Viewer; stream: TeamStream; following: Following }> {
  const { viewer, stream } = await requireStreamOfTeam(args, { least: "host", back });
  const following = await findFollowing(args.context.db, { streamId: stream.id });
  if (!following) throw absent("This stream is not part of a series.");
  return { viewer, stream, following };
}

/** What a form carries to say which edition of a series and of a stream somebody had before them. */
export const writeEdition = ({ series, streamVersion }: Following) =>
  `${series.id}.${series.editVersion}.${streamVersion}`;

export type Edition = { seriesId: string; seriesVersion: number; streamVersion: number };

/** The same read back; undefined where a form has none, or something else. */
export function readEdition(typed: string | undefined): Edition | undefined {
  const [, seriesId, series, stream] = /^([^.]{36})\.(\d{1,9})\.(\d{1,9})$/.exec(typed ?? "") ?? [];
  return isId(seriesId)
    ? { seriesId, seriesVersion: Number(series), streamVersion: Number(stream) }
    : undefined;
}

/** Who saved something since an edition was read, as far as it is known. */
export function savedBy(
  edition: Edition,
  { series, seriesEditedBy, streamEditedBy }: Following,
): string | null {
  const isSeries = series.id !== edition.seriesId || series.editVersion !== edition.seriesVersion;
  return isSeries ? seriesEditedBy : streamEditedBy;
}

/** A stream of a series as pages list it. */
export const listed = ({ id, title, startsAt, timeZone }: Occurrence) => ({
  ...{ id, title, timeZone },
  startsAt: startsAt.toISOString(),
});

/** Why a series cannot be changed from a stream on that is not open any more. */
export const closedStream: Record<StreamStatus, string> = {
  scheduled: "It changed while you were looking at it. Press the button again.",
  rehearsal: "It changed while you were looking at it. Press the button again.",
  live: "It is live, so it stays what it is. Take the next stream of the series instead.",
  ended: "It has ended, so it stays what it is. Take the next stream of the series instead.",
  cancelled: "It was cancelled. Take another stream of the series instead.",
};
