import { type Kysely, sql } from "kysely";
import { type Audience, audienceOf } from "#app/domain/presence/presence.ts";
import { seriesInWords } from "#app/domain/schedule/series-words.ts";
import type { Database } from "#db/client.ts";
import { factColumns, factJoins, type FactsRow, type StreamFacts, toFacts } from "./facts.ts";

export type StreamAddress = { space: string; experience: string; stream: string };

/** A stream as its public page names it, and what is true of it. */
export type WatchedStream = {
  facts: StreamFacts;
  description: string;
  timeZone: string;
  lengthMinutes: number;
  /** When it was to start before it was moved (ISO); null where it never was. */
  formerStart: string | null;
  /** "Every week on Monday, until Monday 3 May 2027"; null for one that is no part of a series. */
  series: string | null;
  space: { id: string; slug: string; name: string };
  experience: { id: string; slug: string; name: string };
  /** Its experience or its space is. */
  retired: boolean;
  /** As it was counted a moment ago; undefined when nobody has counted since. */
  audience: Audience | undefined;
};

/** The stream at an address (slugs); undefined when there is none. A retired one still has its page: it says so. */
export async function findWatchedStream(
  db: Kysely<Database>,
  { space, experience, stream }: StreamAddress,
): Promise<WatchedStream | undefined> {
  const { rows } = await sql<FactsRow & PageRow>`
    select ${factColumns}, s.description, s.time_zone, s.length_minutes, (
        select f.starts_at from stream_former_starts f where f.stream_id = s.id order by f.schedule_version desc limit 1
      ) as former_start,
      sp.id as space_id, sp.slug as space_slug, sp.name as space_name,
      e.id as experience_id, e.slug as experience_slug, e.name as experience_name,
      (e.retired_at is not null or sp.retired_at is not null) as retired,
      x.repeats, x.first_day, x.last_day,
      s.peak_viewers, a.viewers_now, a.viewers_total
    from spaces sp
    join experiences e on e.space_id = sp.id and e.slug = ${experience}
    join streams s on s.experience_id = e.id and s.slug = ${stream}
    left join stream_series x on x.id = s.series_id
    left join stream_audiences a
      on a.stream_id = s.id and a.counted_at > clock_timestamp() - interval '2 seconds'
    ${factJoins}
    where sp.slug = ${space}
  `.execute(db);
  const row = rows[0];
  return (
    row && {
      facts: toFacts(row),
      description: row.description,
      timeZone: row.time_zone,
      lengthMinutes: row.length_minutes,
      formerStart: row.former_start?.toISOString() ?? null,
      series: seriesInWords({
        seriesRepeats: row.repeats,
        seriesFirstDay: row.first_day,
        seriesLastDay: row.last_day,
      }),
      space: { id: row.space_id, slug: row.space_slug, name: row.space_name },
      experience: { id: row.experience_id, slug: row.experience_slug, name: row.experience_name },
      retired: row.retired,
      audience:
        row.viewers_now === null || row.viewers_total === null
          ? undefined
          : audienceOf({ now: row.viewers_now, peak: row.peak_viewers, total: row.viewers_total }),
    }
  );
}

/** Only the id of the stream at an address. */
export async function findStreamIdAt(
  db: Kysely<Database>,
  { space, experience, stream }: StreamAddress,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("streams as s")
    .innerJoin("experiences as e", "e.id", "s.experience_id")
    .innerJoin("spaces as sp", "sp.id", "e.space_id")
    .select("s.id")
    .where("sp.slug", "=", space)
    .where("e.slug", "=", experience)
    .where("s.slug", "=", stream)
    .executeTakeFirst();
  return row?.id;
}

type PageRow = {
  description: string;
  time_zone: string;
  length_minutes: number;
  former_start: Date | null;
  repeats: string | null;
  first_day: string | null;
  last_day: string | null;
  space_id: string;
  space_slug: string;
  space_name: string;
  experience_id: string;
  experience_slug: string;
  experience_name: string;
  retired: boolean;
  peak_viewers: number;
  viewers_now: number | null;
  viewers_total: number | null;
};
