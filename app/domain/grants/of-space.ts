import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantSource, AccessGrantStatus } from "#db/types.ts";
import { firstGrantIds, grantIdsOf } from "./in-order.ts";
import { grantStatus } from "./lists.ts";
import type { GrantState } from "./search-fields.ts";

/** A grant of any pass of a space, as programs of its owners see it. */
export type SpaceGrant = {
  id: string;
  passId: string;
  email: string;
  status: AccessGrantStatus;
  source: AccessGrantSource;
  startsAt: Date;
  endsAt: Date | null;
  createdAt: Date;
  statusChangedAt: Date;
};

const spaceGrant = sql`
  g.id, g.access_pass_id as "passId", u.email, ${grantStatus} as status, g.source, g.starts_at as "startsAt",
  g.ends_at as "endsAt", g.created_at as "createdAt",
  -- What has run out changed then, whenever its row is marked.
  case when g.status = 'active' and g.ends_at <= now() then g.ends_at else g.status_changed_at end as "statusChangedAt"
`;

/** What has run out is there under another name. */
const stateOf: Record<AccessGrantStatus, GrantState> = {
  active: "active",
  expired: "ended",
  cancelled: "cancelled",
  refunded: "refunded",
};

/**
 * The grants of a space, the newest first, at most `most` of those before the grant `before`; those of one pass, in one
 * status, or of one mail address.
 */
export async function listSpaceGrants(
  db: Db,
  {
    spaceId,
    passId,
    status,
    email,
    before,
    most,
  }: {
    spaceId: string;
    passId?: string;
    status?: AccessGrantStatus;
    email?: string;
    before?: string;
    most: number;
  },
): Promise<SpaceGrant[]> {
  const asked = {
    scope: { spaceId, passId },
    filter: { state: status && stateOf[status] },
    after: before === undefined ? undefined : { id: before },
    most,
  };
  const ids =
    email === undefined
      ? firstGrantIds(asked)
      : grantIdsOf(sql`select id from users where email = ${email}`, asked);
  const { rows } = await sql<SpaceGrant>`
    select ${spaceGrant} from (select id from (${ids}) listed order by id desc limit ${most}) first
    join access_grants g on g.id = first.id
    join users u on u.id = g.user_id
    order by g.id desc
  `.execute(db);
  return rows;
}

/** One grant of this space. */
export async function findSpaceGrant(
  db: Db,
  { spaceId, grantId }: { spaceId: string; grantId: string },
): Promise<SpaceGrant | undefined> {
  const [grant] = await listGrantsOfSpaces(db, { spaceIds: [spaceId], grantIds: [grantId] });
  return grant;
}

/** Those among some grants that are of these spaces, each with its space. */
export async function listGrantsOfSpaces(
  db: Db,
  { spaceIds, grantIds }: { spaceIds: string[]; grantIds: string[] },
): Promise<(SpaceGrant & { spaceId: string })[]> {
  const { rows } = await sql<SpaceGrant & { spaceId: string }>`
    select ${spaceGrant}, p.space_id as "spaceId"
    from unnest(${grantIds}::uuid[]) with ordinality wanted (id, place)
    join access_grants g on g.id = wanted.id
    join access_passes p on p.id = g.access_pass_id and p.space_id = any(${spaceIds}::uuid[])
    join users u on u.id = g.user_id
    order by wanted.place
  `.execute(db);
  return rows;
}
