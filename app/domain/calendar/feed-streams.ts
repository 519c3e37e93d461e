import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import { listPublished, type PublishedStream } from "./entries.ts";

/** So long a stream that is over stays in people's calendars. */
const daysKept = 60;
/**
 * So many stand there at once: what is still to come first, the soonest first, and of what is over the last. What begins
 * later than those stands there when its time comes nearer.
 */
export const mostStreams = 300;

/**
 * What a person's calendar has in it, by its start: streams that they said they come to, and those of experiences that they
 * follow or hold a grant for, which is good when the stream starts. A cancelled one stays for who had it before, and says
 * so. Nothing of a space or a stream that they are banned from, unless they are on its team.
 */
export async function listFeedStreams(
  db: Kysely<Database>,
  { userId }: { userId: string },
): Promise<PublishedStream[]> {
  const recent = sql`s.starts_at > now() - make_interval(days => ${daysKept})`;
  const over = sql`(s.status <> 'live' and s.starts_at + make_interval(mins => s.length_minutes) <= now())`;
  const streams = await listPublished(
    db,
    sql`
      where s.id in (
        select c.stream_id from coming c where c.person_id = ${userId}::uuid
        union
        select s.id
        from follows f
        join experiences e on e.space_id = f.space_id and (f.experience_id is null or f.experience_id = e.id)
        join streams s on s.experience_id = e.id and ${recent}
        where f.person_id = ${userId}::uuid and (s.status <> 'cancelled' or s.cancelled_at > f.since)
        union
        select s.id
        from access_grants g
        join access_pass_experiences pe on pe.access_pass_id = g.access_pass_id
        join streams s on s.experience_id = pe.experience_id and ${recent}
        where g.user_id = ${userId}::uuid and g.status = 'active'
          and g.starts_at <= greatest(now(), s.starts_at)
          and (g.ends_at is null or g.ends_at > greatest(now(), s.starts_at))
          and (s.status <> 'cancelled' or s.cancelled_at > g.created_at)
      )
      and ${recent}
      and (s.status = 'cancelled' or (e.retired_at is null and sp.retired_at is null))
      and not exists (
        select from space_bans_in_force b
        where b.space_id = e.space_id and b.user_id = ${userId}::uuid and (b.stream_id is null or b.stream_id = s.id)
          and not exists (
            select from space_members m where m.space_id = b.space_id and m.user_id = b.user_id
          )
      )
      order by ${over}, case when not ${over} then s.starts_at end, s.starts_at desc, s.id
      limit ${mostStreams}
    `,
  );
  return streams.sort((one, other) => one.startsAt.getTime() - other.startsAt.getTime());
}
