import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { insertPeople } from "#tests/factories.ts";

const people = 200_000;
const passes = 500;
const streams = 10_000;
export const grants = 1_000_000;
/** No statement of the product's is so long. */
export const fillMs = 10 * 60_000;

/** Half of the grants open one of the streams that are asked about; of the rest, some have run out or were taken back. */
export async function fill(db: Db): Promise<{ spaceId: string }> {
  const { space, people: cast } = await insertPeople(db);
  await sql`insert into users (email) select 'person-' || n || '@example.com' from generate_series(1, ${people}::int) n`.execute(
    db,
  );
  await sql`
    insert into experiences (space_id, slug, name)
    select ${space.id}::uuid, 'series-' || n, 'Series ' || n from generate_series(1, ${passes}::int) n
  `.execute(db);
  await sql`
    insert into access_passes (space_id, slug, name)
    select ${space.id}::uuid, 'season-' || n, 'Season ' || n from generate_series(1, ${passes}::int) n
  `.execute(db);
  await sql`
    insert into access_pass_experiences (access_pass_id, experience_id)
    select p.id, e.id from access_passes p join experiences e
      on e.slug in ('series-' || substr(p.slug, 8), 'series-' || (1 + substr(p.slug, 8)::int % ${passes}))
    where p.slug like 'season-%'
  `.execute(db);
  await sql`
    insert into streams (experience_id, slug, title, status, live_at, starts_at, wall_time, time_zone, length_minutes, created_by)
    select e.id, 'stream-' || n, 'Stream ' || n, 'live', now() - interval '10 minutes', now(), '2030-01-01T12:00', 'UTC', 60, ${cast.owner.id}::uuid
    from generate_series(1, ${streams}::int) n join experiences e on e.slug = 'series-' || (1 + n % ${passes})
  `.execute(db);
  await sql`
    with u as (select id, row_number() over (order by id) as n from users where email like 'person-%'),
      p as (select id, substr(slug, 8)::int as n from access_passes where slug like 'season-%')
    insert into access_grants (access_pass_id, user_id, source, status, starts_at, ends_at)
    select p.id, u.id, 'given',
      (case g % 10 when 0 then 'refunded' when 1 then 'expired' else 'active' end)::access_grant_status,
      now() - interval '2 days',
      case when g % 10 = 1 then now() - interval '1 day' when g % 3 = 0 then now() + interval '30 days' end
    from generate_series(0, ${grants - 1}::int) g
    join u on u.n = 1 + g % ${people}
    join p on p.n = 1 + (g % ${people} * 7 + g / ${people} * 13) % ${passes}
  `.execute(db);
  await sql`vacuum analyze`.execute(db);
  return { spaceId: space.id };
}
