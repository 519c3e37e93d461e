import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessPassRequestStatus } from "#db/types.ts";

export type TeamRequest = {
  id: string;
  email: string;
  name: string;
  words: string;
  priceMinor: number;
  currency: string;
  status: AccessPassRequestStatus;
  askedAt: Date;
  decidedAt: Date | null;
  decidedBy: string | null;
  reason: string;
  grantId: string | null;
};

const teamRequest = sql`
  r.id, u.email, u.name, r.words, r.price_minor as "priceMinor", r.currency, r.status, r.asked_at as "askedAt",
  r.decided_at as "decidedAt", d.email as "decidedBy", r.reason, r.access_grant_id as "grantId"
`;

/**
 * Requests for a pass of this space with how many there are in all: those that wait for an answer, the oldest first, or
 * (`answered`) the others, the newest first; `limit` from `offset` on.
 */
export async function listRequests(
  db: Db,
  {
    spaceId,
    passId,
    answered,
    limit,
    offset = 0,
  }: { spaceId: string; passId: string; answered: boolean; limit: number; offset?: number },
): Promise<{ requests: TeamRequest[]; total: number }> {
  const which = answered ? sql`r.status <> 'asked'` : sql`r.status = 'asked'`;
  const order = answered ? sql`r.decided_at desc, r.id desc` : sql`r.id`;
  const { rows } = await sql<TeamRequest & { total: number }>`
    select ${teamRequest}, count(*) over ()::int as total
    from access_pass_requests r
    join access_passes p on p.id = r.access_pass_id and p.space_id = ${spaceId}
    join users u on u.id = r.user_id
    left join users d on d.id = r.decided_by
    where r.access_pass_id = ${passId} and ${which}
    order by ${order} limit ${limit} offset ${offset}
  `.execute(db);
  return { requests: rows.map(({ total: _, ...request }) => request), total: rows[0]?.total ?? 0 };
}

/** One request for a pass of this space. */
export async function findRequest(
  db: Db,
  { spaceId, passId, requestId }: { spaceId: string; passId: string; requestId: string },
): Promise<(TeamRequest & { passName: string }) | undefined> {
  const { rows } = await sql<TeamRequest & { passName: string }>`
    select ${teamRequest}, p.name as "passName"
    from access_pass_requests r
    join access_passes p on p.id = r.access_pass_id and p.space_id = ${spaceId}
    join users u on u.id = r.user_id
    left join users d on d.id = r.decided_by
    where r.id = ${requestId} and r.access_pass_id = ${passId}
  `.execute(db);
  return rows[0];
}

export type OwnRequest = {
  id: string;
  status: AccessPassRequestStatus;
  passName: string;
  passSlug: string;
  spaceName: string;
  spaceSlug: string;
  spaceRetired: boolean;
  priceMinor: number;
  currency: string;
  askedAt: Date;
  decidedAt: Date | null;
  reason: string;
};

/** What a person has asked for: what waits for an answer first, and what was answered with no in the last 30 days. */
export async function listOwnRequests(db: Db, userId: string): Promise<OwnRequest[]> {
  const { rows } = await sql<OwnRequest>`
    select r.id, r.status, p.name as "passName", p.slug as "passSlug", s.name as "spaceName", s.slug as "spaceSlug",
      s.retired_at is not null as "spaceRetired", r.price_minor as "priceMinor", r.currency, r.asked_at as "askedAt",
      r.decided_at as "decidedAt", r.reason
    from access_pass_requests r
    join access_passes p on p.id = r.access_pass_id
    join spaces s on s.id = p.space_id
    where r.user_id = ${userId} and (
      r.status = 'asked' or (r.status in ('declined', 'closed') and r.decided_at > now() - interval '30 days'))
    order by r.status = 'asked' desc, r.id desc limit 100
  `.execute(db);
  return rows;
}
