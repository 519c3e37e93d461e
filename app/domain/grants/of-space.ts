import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantSource, AccessGrantStatus } from "#db/types.ts";
import { grantStatus } from "./lists.ts";

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

const grantsOf = (
  spaceId: string,
  condition: RawBuilder<unknown>,
  rest: RawBuilder<unknown> = sql``,
) => sql<SpaceGrant>`
  select g.id, g.access_pass_id as "passId", u.email, ${grantStatus} as status, g.source, g.starts_at as "startsAt",
    g.ends_at as "endsAt", g.created_at as "createdAt",
    -- What has run out changed then, whenever its row is marked.
    case when g.status = 'active' and g.ends_at <= now() then g.ends_at else g.status_changed_at end as "statusChangedAt"
  from access_grants g
  join access_passes p on p.id = g.access_pass_id
  join users u on u.id = g.user_id
  where p.space_id = ${spaceId}::uuid and ${condition} ${rest}
`;

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
  const conditions = [
    ...(passId ? [sql`g.access_pass_id = ${passId}::uuid`] : []),
    ...(status ? [sql`(${grantStatus}) = ${status}::access_grant_status`] : []),
    ...(email ? [sql`u.email = ${email}`] : []),
    ...(before ? [sql`g.id < ${before}::uuid`] : []),
  ];
  const all = conditions.length > 0 ? sql.join(conditions, sql` and `) : sql`true`;
  const { rows } = await grantsOf(spaceId, all, sql`order by g.id desc limit ${most}`).execute(db);
  return rows;
}

/** One grant of this space. */
export async function findSpaceGrant(
  db: Db,
  { spaceId, grantId }: { spaceId: string; grantId: string },
): Promise<SpaceGrant | undefined> {
  const { rows } = await grantsOf(spaceId, sql`g.id = ${grantId}::uuid`).execute(db);
  return rows[0];
}
