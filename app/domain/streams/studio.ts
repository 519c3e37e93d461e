import type { Kysely } from "kysely";
import { findAccess } from "#app/domain/access/decision.ts";
import { seriesInWords } from "#app/domain/schedule/series-words.ts";
import type { Database } from "#db/client.ts";
import { findStreamFacts } from "./facts.ts";
import { stateFor, type StreamState } from "./state.ts";

export type Studio = {
  state: StreamState;
  role: "host" | "moderator";
  slug: string;
  timeZone: string;
  lengthMinutes: number;
  /** Of which series it is a part, in words; null where of none. */
  series: string | null;
  space: { slug: string; name: string };
  experience: { slug: string; name: string };
  /** The name of who ended it, where somebody did. */
  endedBy: string | null;
  /** The database's clock when this was read (ISO). */
  now: string;
};

/** A stream for the team that makes it; undefined for everybody else, and when there is no such stream. */
export async function findStudio(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<Studio | undefined> {
  const access = await findAccess(db, { streamId, userId });
  if (access?.role !== "host" && access?.role !== "moderator") return undefined;
  const facts = await findStreamFacts(db, streamId);
  const row = await db
    .selectFrom("streams as s")
    .innerJoin("experiences as e", "e.id", "s.experience_id")
    .innerJoin("spaces as sp", "sp.id", "e.space_id")
    .leftJoin("users as u", "u.id", "s.ended_by")
    .leftJoin("stream_series as x", "x.id", "s.series_id")
    .select(["s.slug", "s.time_zone", "s.length_minutes", "u.name as ended_name", "u.email as ended_email"])
    .select([
      "e.slug as experience_slug",
      "e.name as experience_name",
      "sp.slug as space_slug",
      "sp.name as space_name",
      "x.repeats as seriesRepeats",
      "x.first_day as seriesFirstDay",
      "x.last_day as seriesLastDay",
    ])
    .where("s.id", "=", streamId)
    .executeTakeFirst();
  if (!facts || !row) return undefined;
  return {
    state: stateFor(facts, { access, userId }),
    role: access.role,
    slug: row.slug,
    timeZone: row.time_zone,
    lengthMinutes: row.length_minutes,
    series: seriesInWords(row),
    space: { slug: row.space_slug, name: row.space_name },
    experience: { slug: row.experience_slug, name: row.experience_name },
    endedBy: row.ended_name || row.ended_email,
    now: facts.at,
  };
}
