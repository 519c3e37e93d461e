import { type Kysely, sql } from "kysely";
import type { SeriesColumns } from "#app/domain/schedule/series-words.ts";
import type { Database } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";

export const streamLists = ["live", "upcoming", "past"] as const;
/** `live` now; `upcoming`: scheduled or in rehearsal, the next first; `past`: ended or cancelled, the latest first. */
export type StreamList = (typeof streamLists)[number];

const statuses: Record<StreamList, StreamStatus[]> = {
  live: ["live"],
  upcoming: ["scheduled", "rehearsal"],
  past: ["ended", "cancelled"],
};

export const streamsPerPage = 20;

export type ListedStream = SeriesColumns & {
  id: string;
  slug: string;
  title: string;
  status: StreamStatus;
  startsAt: Date;
  timeZone: string;
  lengthMinutes: number;
  liveAt: Date | null;
  endedAt: Date | null;
  peakViewers: number;
  experienceName: string;
  experienceSlug: string;
  /** Its start has passed, and nobody went live. */
  overdue: boolean;
};

type Whose = {
  /** A member of the space's team, whatever their role; others get nothing. */
  userId: string;
  spaceId: string;
  /** Words that title, description or the experience's name have, each of them somewhere. */
  search?: string;
};

/** One page (from 1) of a space's streams for its team; 20 a page unless `most` says less. */
export async function listStreams(
  db: Kysely<Database>,
  {
    list,
    page = 1,
    most = streamsPerPage,
    ...whose
  }: Whose & { list: StreamList; page?: number; most?: number },
): Promise<ListedStream[]> {
  // By when it was or will be; the id settles what begins at the same instant.
  const at = sql`coalesce(s.live_at, s.starts_at)`;
  const direction = list === "past" ? "desc" : "asc";
  return ofTeam(db, whose)
    .leftJoin("stream_series as x", "x.id", "s.series_id")
    .select([
      "s.id",
      "s.slug",
      "s.title",
      "s.status",
      "s.starts_at as startsAt",
      "s.time_zone as timeZone",
      "s.length_minutes as lengthMinutes",
      "s.live_at as liveAt",
      "s.ended_at as endedAt",
      "s.peak_viewers as peakViewers",
      "e.name as experienceName",
      "e.slug as experienceSlug",
      "x.repeats as seriesRepeats",
      "x.first_day as seriesFirstDay",
      "x.last_day as seriesLastDay",
      sql<boolean>`s.status in ('scheduled', 'rehearsal') and s.starts_at < now()`.as("overdue"),
    ])
    .where("s.status", "in", statuses[list])
    .orderBy(at, direction)
    .orderBy("s.id", direction)
    .limit(most)
    .offset((page - 1) * most)
    .execute();
}

/** How many streams of a space each list has for its team; with `search`, how many of them match. */
export async function countStreams(db: Kysely<Database>, whose: Whose): Promise<Record<StreamList, number>> {
  const rows = await ofTeam(db, whose)
    .select(["s.status", sql<number>`count(*)`.as("count")])
    .groupBy("s.status")
    .execute();
  const counts: Record<StreamList, number> = { live: 0, upcoming: 0, past: 0 };
  for (const list of streamLists) {
    for (const { status, count } of rows) if (statuses[list].includes(status)) counts[list] += count;
  }
  return counts;
}

function ofTeam(db: Kysely<Database>, { userId, spaceId, search = "" }: Whose) {
  return db
    .selectFrom("streams as s")
    .innerJoin("experiences as e", "e.id", "s.experience_id")
    .innerJoin("space_members as m", "m.space_id", "e.space_id")
    .where("m.user_id", "=", userId)
    .where("e.space_id", "=", spaceId)
    .where(matches(search));
}

function matches(search: string) {
  const conditions = wordsOf(search).map((word) => {
    const pattern = `%${word.replaceAll(/[\\%_]/g, "\\$&")}%`;
    return sql`(s.title ilike ${pattern} or s.description ilike ${pattern} or e.name ilike ${pattern})`;
  });
  return conditions.length > 0 ? sql<boolean>`${sql.join(conditions, sql` and `)}` : sql<boolean>`true`;
}

/** What is looked for: at most eight words of what was typed. */
export const wordsOf = (search: string) =>
  search
    .replaceAll("\0", "")
    .normalize("NFC")
    .slice(0, 200)
    .split(/\s+/u)
    .filter((word) => word !== "")
    .slice(0, 8);
