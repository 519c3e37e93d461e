import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantStatus } from "#db/types.ts";
import { listAccess } from "../access/decision.ts";
import { grantStatus } from "../grants/lists.ts";
import { notWithheld } from "../recordings/shown.ts";
import { listProgramme, type Programme } from "../spaces/programme.ts";

type Limits = { upcoming?: number; past?: number };

/**
 * What a person may watch because of what they hold: live now, coming up, over with a replay. The candidates are what
 * their grants could open; the access decision says which of them they do.
 */
export async function findWatchable(
  db: Db,
  { userId, experienceId }: { userId: string; experienceId?: string },
  limits: Limits = {},
): Promise<Programme> {
  const candidates = sql`
    exists (
      select from access_grants g
      join access_pass_experiences pe on pe.access_pass_id = g.access_pass_id and pe.experience_id = e.id
      where g.user_id = ${userId} and g.status in ('active', 'expired') and g.starts_at <= now()
        and (s.status = 'live' or (g.status = 'active' and (g.ends_at is null or g.ends_at > now())))
    )
    and (s.status <> 'ended'
      or exists (
        select from streaming_recordings r where r.stream_id = s.id and r.status <> 'failed' and ${notWithheld()}
      ))
    ${experienceId ? sql`and e.id = ${experienceId}` : sql``}
  `;
  const programme = await listProgramme(db, candidates, limits);
  const all = [...programme.live, ...programme.upcoming, ...programme.past];
  const decisions =
    all.length > 0 ? await listAccess(db, { userId, streamIds: all.map(({ id }) => id) }) : [];
  const open = new Set(decisions.filter(({ mayWatch }) => mayWatch).map(({ streamId }) => streamId));
  const watchable = ({ id }: { id: string }) => open.has(id);
  return {
    live: programme.live.filter(watchable),
    upcoming: programme.upcoming.filter(watchable),
    past: programme.past.filter(watchable),
  };
}

export type Held = {
  id: string;
  name: string;
  slug: string;
  description: string;
  spaceName: string;
  spaceSlug: string;
  passName: string;
  passPath: string;
  /** Whether it can be got (again) at the pass's page. */
  passOffered: boolean;
  status: AccessGrantStatus;
  started: boolean;
  startsAt: string;
  /** ISO; null without an end. */
  endsAt: string | null;
  changedAt: string;
  banned: boolean;
  open: boolean;
};

type Row = Omit<Held, "startsAt" | "endsAt" | "changedAt" | "passPath"> & {
  startsAt: Date;
  endsAt: Date | null;
  changedAt: Date;
  passSlug: string;
};

/** The experiences that a person holds or has held a pass for, each with its best grant; those that are open first. */
export async function listHeld(
  db: Db,
  { userId, experienceId }: { userId: string; experienceId?: string },
): Promise<Held[]> {
  const { rows } = await sql<Row>`
    select * from (
      select distinct on (e.id) e.id, e.name, e.slug, e.description, s.name as "spaceName", s.slug as "spaceSlug",
        p.name as "passName", p.slug as "passSlug",
        p.retired_at is null and (p.term_until is null or p.term_until > now()) as "passOffered",
        ${grantStatus} as status, g.starts_at <= now() as started, g.starts_at as "startsAt", g.ends_at as "endsAt",
        coalesce(case when g.status = 'active' then g.ends_at end, g.status_changed_at) as "changedAt",
        b.user_id is not null as banned,
        (${grantStatus}) = 'active' and g.starts_at <= now() and b.user_id is null as open
      from access_grants g
      join access_passes p on p.id = g.access_pass_id
      join access_pass_experiences pe on pe.access_pass_id = p.id
      join experiences e on e.id = pe.experience_id and e.retired_at is null
      join spaces s on s.id = e.space_id and s.retired_at is null
      left join space_bans_in_force b on b.space_id = s.id and b.user_id = g.user_id and b.stream_id is null
      where g.user_id = ${userId} ${experienceId ? sql`and e.id = ${experienceId}` : sql``}
      order by e.id,
        ((${grantStatus}) = 'active' and g.starts_at <= now()) desc,
        (${grantStatus}) = 'active' desc,
        case when (${grantStatus}) = 'active' then coalesce(g.ends_at, 'infinity') end desc nulls last,
        g.status_changed_at desc, g.id desc
    ) held
    order by open desc, name
    limit 500
  `.execute(db);
  return rows.map(({ passSlug, ...row }) => ({
    ...row,
    passPath: `/${row.spaceSlug}/passes/${passSlug}`,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt?.toISOString() ?? null,
    changedAt: row.changedAt.toISOString(),
  }));
}
