import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { isOfAudience } from "./coming.ts";

export type ComingPerson = {
  id: string;
  /** "" when they gave none. */
  name: string;
  /** Of those alone who hold or held a pass of the space: its team knows it already. */
  email: string | null;
  /** A pass opens the stream to them when it starts. */
  opened: boolean;
  since: Date;
  /** The same to the microsecond (ISO), for where the list goes on. */
  at: string;
};

/**
 * Who comes to a stream of this space to be in its audience, the last who said so first: at most `most` of those before `after` (a person and
 * when they said so).
 */
export async function listComing(
  db: Db,
  {
    spaceId,
    streamId,
    after,
    most,
  }: { spaceId: string; streamId: string; after?: { id: string; at: string }; most: number },
): Promise<ComingPerson[]> {
  const { rows } = await sql<ComingPerson>`
    select u.id, u.name, case when held.held then u.email end as email, coalesce(held.opened, false) as opened, c.since,
      to_char(c.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
    from coming c
    join users u on u.id = c.person_id
    join streams s on s.id = c.stream_id
    join experiences e on e.id = s.experience_id and e.space_id = ${spaceId}::uuid
    left join lateral (
      select true as held,
        bool_or(
          g.status = 'active' and g.starts_at <= s.starts_at and (g.ends_at is null or g.ends_at > s.starts_at)
          and exists (
            select from access_pass_experiences pe
            where pe.access_pass_id = p.id and pe.experience_id = s.experience_id
          )
        ) as opened
      from access_grants g
      join access_passes p on p.id = g.access_pass_id and p.space_id = e.space_id
      where g.user_id = u.id
      having count(*) > 0
    ) held on true
    where c.stream_id = ${streamId}::uuid and ${isOfAudience(streamId)}
      and (${after?.at ?? null}::timestamptz is null
        or (c.since, c.person_id) < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
    order by c.since desc, c.person_id desc
    limit ${most}
  `.execute(db);
  return rows;
}
