import { sql } from "kysely";
import type { Db } from "#db/client.ts";

/**
 * Says of the lines of an import what they are beside each other and beside what is: an end that is past, a person whom
 * an earlier line names already (with the same end: repeated; with another: the later line's problem), an account that is
 * switched off, somebody who holds the pass. It is what people are shown; the import itself asks again.
 */
export async function judgeLines(
  db: Db,
  { importId, passId }: { importId: string; passId: string },
): Promise<void> {
  await sql`
    update access_grant_import_lines set state = 'refused', problem = 'past'
    where access_grant_import_id = ${importId} and state = 'wanted' and ends_at <= now()
  `.execute(db);
  await sql`
    update access_grant_import_lines l
    set other_number = f.first, problem = case when f.same then null else 'other_end' end,
      state = case when f.same then 'repeated' else 'refused' end::access_grant_import_line_state
    from (
      select number, first_value(number) over earlier as first,
        ends_at is not distinct from first_value(ends_at) over earlier as same
      from access_grant_import_lines
      where access_grant_import_id = ${importId} and state = 'wanted'
      window earlier as (partition by address order by number)
    ) f
    where l.access_grant_import_id = ${importId} and l.number = f.number and f.first < f.number
  `.execute(db);
  await sql`
    update access_grant_import_lines l
    set problem = case when u.disabled_at is null then null else 'disabled' end,
      state = case when u.disabled_at is null then 'held' else 'refused' end::access_grant_import_line_state
    from users u
    where l.access_grant_import_id = ${importId} and l.state = 'wanted' and u.email = l.address
      and (u.disabled_at is not null or exists (
        select from access_grants g
        where g.access_pass_id = ${passId} and g.user_id = u.id and g.status = 'active'
          and (g.ends_at is null or g.ends_at > now())))
  `.execute(db);
}
