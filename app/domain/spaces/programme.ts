import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";
import { isShown } from "../recordings/shown.ts";
import { isNotOverdue } from "../streams/overdue.ts";
import type { StreamStatus } from "#db/types.ts";

/** A stream as lists show it to anybody; instants are ISO. A rehearsal is the team's, so that it is `scheduled` here. */
export type Listed = {
  id: string;
  title: string;
  path: string;
  status: "scheduled" | "live" | "ended";
  startsAt: string;
  timeZone: string;
  lengthMinutes: number;
  liveAt: string | null;
  endedAt: string | null;
  hasReplay: boolean;
  experienceId: string;
  experienceName: string;
  spaceName: string;
};

export type Programme = { live: Listed[]; upcoming: Listed[]; past: Listed[] };

type Row = Omit<Listed, "path" | "status" | "startsAt" | "liveAt" | "endedAt"> & {
  status: Exclude<StreamStatus, "cancelled">;
  slug: string;
  experienceSlug: string;
  spaceSlug: string;
  startsAt: Date;
  liveAt: Date | null;
  endedAt: Date | null;
};

type Of = { spaceIds: string[] } | { experienceId: string };
type Limits = { upcoming?: number; past?: number };

/** The streams of spaces or of one experience, without what was retired: live, coming up (soonest first), over (newest first). */
export async function findProgramme(
  db: Db,
  of: Of,
  { upcoming = 30, past = 20 }: Limits = {},
): Promise<Programme> {
  const where =
    "experienceId" in of ? sql`e.id = ${of.experienceId}` : sql`e.space_id = any(${of.spaceIds}::uuid[])`;
  return listProgramme(db, where, { upcoming, past });
}

/** As `findProgramme`, of whatever `where` says about `s` (streams), `e` (experiences) and `sp` (spaces). */
export async function listProgramme(
  db: Db,
  where: RawBuilder<unknown>,
  { upcoming = 30, past = 20 }: Limits = {},
): Promise<Programme> {
  const columns = sql`
    s.id, s.slug, s.title, s.status, s.starts_at as "startsAt", s.time_zone as "timeZone",
    s.length_minutes as "lengthMinutes", s.live_at as "liveAt", s.ended_at as "endedAt",
    exists (select from streaming_recordings r where r.stream_id = s.id and ${isShown()}) as "hasReplay",
    e.id as "experienceId", e.name as "experienceName", e.slug as "experienceSlug", sp.name as "spaceName", sp.slug as "spaceSlug"
  `;
  const from = sql`
    from streams s
    join experiences e on e.id = s.experience_id and e.retired_at is null
    join spaces sp on sp.id = e.space_id and sp.retired_at is null
    where (${where})
  `;
  const { rows } = await sql<Row>`
    (select ${columns} ${from} and s.status = 'live' order by s.live_at, s.id limit 100)
    union all
    (select ${columns} ${from} and s.status in ('scheduled', 'rehearsal') and ${isNotOverdue}
      order by s.starts_at, s.id limit ${upcoming})
    union all
    (select ${columns} ${from} and s.status = 'ended' order by s.ended_at desc, s.id limit ${past})
  `.execute(db);
  const listed = rows.map(toListed);
  return {
    live: listed.filter(({ status }) => status === "live"),
    upcoming: listed.filter(({ status }) => status === "scheduled"),
    past: listed.filter(({ status }) => status === "ended"),
  };
}

/** What anybody may come to, of all spaces: what is live, then what begins soonest; at most so many. */
export async function findOnSoon(db: Db, { most }: { most: number }): Promise<Listed[]> {
  const { live, upcoming } = await listProgramme(db, sql`true`, { upcoming: most, past: 0 });
  return [...live, ...upcoming].slice(0, most);
}

function toListed({
  slug,
  experienceSlug,
  spaceSlug,
  status,
  startsAt,
  liveAt,
  endedAt,
  ...row
}: Row): Listed {
  return {
    ...row,
    status: status === "rehearsal" ? "scheduled" : status,
    path: `/${spaceSlug}/${experienceSlug}/streams/${slug}`,
    startsAt: startsAt.toISOString(),
    liveAt: liveAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
  };
}

export type Explored = {
  id: string;
  slug: string;
  name: string;
  description: string;
  live: number;
  /** The live one, or the next. */
  streamTitle: string;
  streamPath: string;
  startsAt: string;
  timeZone: string;
};

/** Spaces where something is live or coming up: live ones first, then by what begins soonest. */
export async function listExplored(
  db: Db,
  { limit, offset = 0 }: { limit: number; offset?: number },
): Promise<Explored[]> {
  const { rows } = await sql<Omit<Explored, "startsAt"> & { startsAt: Date }>`
    select sp.id, sp.slug, sp.name, sp.description, next.live, next.title as "streamTitle",
      '/' || sp.slug || '/' || next.experience_slug || '/streams/' || next.slug as "streamPath",
      coalesce(next.live_at, next.starts_at) as "startsAt", next.time_zone as "timeZone"
    from spaces sp
    join lateral (
      select s.slug, s.title, s.starts_at, s.live_at, s.time_zone, e.slug as experience_slug,
        count(*) filter (where s.status = 'live') over ()::int as live
      from streams s
      join experiences e on e.id = s.experience_id and e.retired_at is null
      where e.space_id = sp.id
        and (s.status = 'live' or (s.status in ('scheduled', 'rehearsal') and ${isNotOverdue}))
      order by s.status = 'live' desc, s.starts_at
      limit 1
    ) next on true
    where sp.retired_at is null
    order by next.live > 0 desc, next.starts_at, sp.id
    limit ${limit} offset ${offset}
  `.execute(db);
  return rows.map((row) => ({ ...row, startsAt: row.startsAt.toISOString() }));
}
