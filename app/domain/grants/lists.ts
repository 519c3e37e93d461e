import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantSource, AccessGrantStatus } from "#db/types.ts";
import { isOffered } from "../passes/seats.ts";

/** A grant's status at this moment, by the database's clock: the row itself may not be marked yet. `g` is the grant. */
export const grantStatus: RawBuilder<AccessGrantStatus> = sql`
  case when g.status = 'active' and g.ends_at <= now() then 'expired' else g.status end
`;

export type TeamGrant = {
  id: string;
  passId: string;
  passName: string;
  email: string;
  name: string;
  status: AccessGrantStatus;
  started: boolean;
  startsAt: Date;
  endsAt: Date | null;
  statusChangedAt: Date;
  source: AccessGrantSource;
  givenBy: string | null;
  /** By which they took it, for who was given it so. */
  linkId: string | null;
  linkName: string | null;
  mailedAt: Date | null;
  /** Nobody writes to its holder: it was one of more than a space may write to in a day. */
  letterLeftOut: boolean;
  /** A mail server said that their mailbox does not exist: nothing is sent there any more. */
  noMailbox: boolean;
};

const teamGrant = sql`
  g.id, p.id as "passId", p.name as "passName", u.email, u.name, ${grantStatus} as status,
  g.starts_at <= now() as started, g.starts_at as "startsAt",
  g.ends_at as "endsAt", g.status_changed_at as "statusChangedAt", g.source, giver.email as "givenBy",
  l.id as "linkId", l.name as "linkName", g.mailed_at as "mailedAt", g.letter_left_out as "letterLeftOut",
  exists (select from mail_failures f where f.address = u.email) as "noMailbox"
`;

/** The grants with these ids that are of this space, in their order. */
export async function listGrantsById(
  db: Db,
  { spaceId, ids }: { spaceId: string; ids: string[] },
): Promise<TeamGrant[]> {
  const { rows } = await sql<TeamGrant>`
    select ${teamGrant}
    from unnest(${ids}::uuid[]) with ordinality wanted (id, place)
    join access_grants g on g.id = wanted.id
    join access_passes p on p.id = g.access_pass_id and p.space_id = ${spaceId}
    join users u on u.id = g.user_id
    left join users giver on giver.id = g.granted_by
    left join access_pass_links l on l.id = g.access_pass_link_id
    order by wanted.place
  `.execute(db);
  return rows;
}

/** Of one grant: also its pass's zone, and whether its end has passed whatever its status. */
export type TeamGrantPage = TeamGrant & {
  passTimeZone: string | null;
  endPassed: boolean;
};

/** One grant of a pass of this space, for its team. */
export async function findGrant(
  db: Db,
  { spaceId, passId, grantId }: { spaceId: string; passId: string; grantId: string },
): Promise<TeamGrantPage | undefined> {
  const { rows } = await sql<TeamGrantPage>`
    select ${teamGrant}, p.term_time_zone as "passTimeZone",
      coalesce(g.ends_at <= now(), false) as "endPassed"
    from access_grants g
    join access_passes p on p.id = g.access_pass_id and p.space_id = ${spaceId}
    join users u on u.id = g.user_id
    left join users giver on giver.id = g.granted_by
    left join access_pass_links l on l.id = g.access_pass_link_id
    where g.id = ${grantId} and g.access_pass_id = ${passId}
  `.execute(db);
  return rows[0];
}

export type OwnGrant = {
  id: string;
  status: AccessGrantStatus;
  started: boolean;
  startsAt: Date;
  endsAt: Date | null;
  statusChangedAt: Date;
  passName: string;
  passSlug: string;
  passOffered: boolean;
  atExpiry: "finish" | "cut";
  spaceName: string;
  spaceSlug: string;
  spaceRetired: boolean;
  experiences: { id: string; name: string; slug: string }[];
};

/** Everything that a person holds or has held, what opens something now first. */
export async function listOwnGrants(db: Db, userId: string, { limit = 200 } = {}): Promise<OwnGrant[]> {
  const { rows } = await sql<OwnGrant>`
    select g.id, ${grantStatus} as status, g.starts_at <= now() as started, g.starts_at as "startsAt",
      g.ends_at as "endsAt", g.status_changed_at as "statusChangedAt", p.name as "passName", p.slug as "passSlug",
      ${isOffered} as "passOffered",
      p.at_expiry as "atExpiry", s.name as "spaceName", s.slug as "spaceSlug",
      s.retired_at is not null as "spaceRetired",
      coalesce((
        select json_agg(json_build_object('id', e.id, 'name', e.name, 'slug', e.slug) order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '[]') as experiences
    from access_grants g
    join access_passes p on p.id = g.access_pass_id
    join spaces s on s.id = p.space_id
    where g.user_id = ${userId}
    order by (${grantStatus}) = 'active' desc, g.ends_at nulls last, g.id desc
    limit ${limit}
  `.execute(db);
  return rows;
}
