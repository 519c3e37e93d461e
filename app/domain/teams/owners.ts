import { sql } from "kysely";

/** In a query that has the space as `s`: the mail addresses of its owners, whose accounts are open; null where there is none. */
export const ownersOfSpace = sql<string[] | null>`(
  select array_agg(u.email order by u.email) from space_members m
  join users u on u.id = m.user_id and u.disabled_at is null
  where m.space_id = s.id and m.role = 'owner'
)`;
