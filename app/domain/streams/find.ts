import { type Kysely, sql } from "kysely";
import type { SeriesColumns } from "#app/domain/schedule/series-words.ts";
import { isId } from "#app/domain/text.ts";
import type { Database } from "#db/client.ts";
import type { SpaceRole } from "#db/types.ts";
import { streamColumns, type StreamColumns } from "./columns.ts";

/** A stream with the names around it. Whether somebody may watch it is `findAccess`'s to say. */
export type FoundStream = StreamColumns &
  SeriesColumns & {
    slug: string;
    scheduleVersion: number;
    liveAt: Date | null;
    endedAt: Date | null;
    cancelledAt: Date | null;
    experienceId: string;
    experienceSlug: string;
    experienceName: string;
    spaceId: string;
    spaceSlug: string;
    spaceName: string;
    /** Its space or its experience was retired. */
    retired: boolean;
  };

const foundStream = (db: Kysely<Database>) =>
  db
    .selectFrom("streams as s")
    .innerJoin("experiences as e", "e.id", "s.experience_id")
    .innerJoin("spaces as sp", "sp.id", "e.space_id")
    .leftJoin("stream_series as x", "x.id", "s.series_id")
    .select(streamColumns)
    .select([
      "s.slug",
      "s.schedule_version as scheduleVersion",
      "s.live_at as liveAt",
      "s.ended_at as endedAt",
      "s.cancelled_at as cancelledAt",
      "e.id as experienceId",
      "e.slug as experienceSlug",
      "e.name as experienceName",
      "sp.id as spaceId",
      "sp.slug as spaceSlug",
      "sp.name as spaceName",
      "x.repeats as seriesRepeats",
      "x.first_day as seriesFirstDay",
      "x.last_day as seriesLastDay",
      sql<boolean>`e.retired_at is not null or sp.retired_at is not null`.as("retired"),
    ]);

/** The stream at this address (three slugs), or undefined. */
export async function findStreamByPath(
  db: Kysely<Database>,
  { space, experience, stream }: { space: string; experience: string; stream: string },
): Promise<FoundStream | undefined> {
  // No slug has such a character, and the database refuses to look for it.
  if ([space, experience, stream].some((slug) => slug.includes("\0"))) return undefined;
  return foundStream(db)
    .where("sp.slug", "=", space)
    .where("e.slug", "=", experience)
    .where("s.slug", "=", stream)
    .executeTakeFirst();
}

export type TeamStream = FoundStream & {
  /** Of the person who was asked for, in the stream's team. */
  role: SpaceRole;
  /** Hosts and owners; a moderator sees it only. */
  mayHost: boolean;
};

/** A stream for a member of its team, whatever their role; undefined for everybody else, and for what is no id. */
export async function findStreamForHost(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string | undefined; userId: string },
): Promise<TeamStream | undefined> {
  if (!isId(streamId)) return undefined;
  return foundStream(db)
    .innerJoin("space_members as m", (join) =>
      join.onRef("m.space_id", "=", "sp.id").on("m.user_id", "=", userId),
    )
    .select(["m.role", sql<boolean>`m.role in ('owner', 'host')`.as("mayHost")])
    .where("s.id", "=", streamId)
    .executeTakeFirst();
}

/** The public address of a stream, for life. */
export const streamPath = (stream: Pick<FoundStream, "spaceSlug" | "experienceSlug" | "slug">) =>
  `/${stream.spaceSlug}/${stream.experienceSlug}/streams/${stream.slug}`;
