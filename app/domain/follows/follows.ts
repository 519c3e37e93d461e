import { type Kysely, sql } from "kysely";
import type { Database, Db } from "#db/client.ts";

/** So much may one person follow. */
export const mostFollows = 500;

/** A space, or one experience of it. */
export type Followed = { spaceId: string; experienceId: string | null };

/** What can be followed, by its ids; undefined when there is no such thing. */
export async function findFollowable(
  db: Db,
  { spaceId, experienceId }: Followed,
): Promise<{ path: string; retired: boolean } | undefined> {
  const { rows } = await sql<{ path: string; retired: boolean }>`
    select '/' || s.slug || coalesce('/' || e.slug, '') as path,
      s.retired_at is not null or e.retired_at is not null as retired
    from spaces s
    left join experiences e on e.space_id = s.id and e.id = ${experienceId}::uuid
    where s.id = ${spaceId}::uuid and (${experienceId}::uuid is null or e.id is not null)
  `.execute(db);
  return rows[0];
}

export type Follow = { ok: true; isNew: boolean } | { ok: false; reason: "gone" | "banned" | "too_many" };

/**
 * Follows a space or an experience: one row, however often. Refuses what is not there or retired (`gone`), who is banned
 * from the whole space (`banned`), and more than 500 (`too_many`).
 */
export async function follow(
  db: Db,
  { userId, spaceId, experienceId }: Followed & { userId: string },
): Promise<Follow> {
  const { rows } = await sql<{ banned: boolean; many: boolean; had: boolean; isNew: boolean }>`
    with target as (
      select s.id as space_id, e.id as experience_id,
        exists (
          select from space_bans_in_force b
          where b.space_id = s.id and b.user_id = ${userId}::uuid and b.stream_id is null
        ) and not exists (
          select from space_members m where m.space_id = s.id and m.user_id = ${userId}::uuid
        ) as banned,
        (select count(*) from follows f where f.person_id = ${userId}::uuid) >= ${mostFollows} as many,
        exists (
          select from follows f
          where f.person_id = ${userId}::uuid and f.space_id = s.id and f.experience_id is not distinct from e.id
        ) as had
      from spaces s
      left join experiences e on e.space_id = s.id and e.id = ${experienceId}::uuid and e.retired_at is null
      where s.id = ${spaceId}::uuid and s.retired_at is null and (${experienceId}::uuid is null or e.id is not null)
    ), made as (
      insert into follows (person_id, space_id, experience_id)
      select ${userId}::uuid, space_id, experience_id from target where not banned and not many
      on conflict do nothing
      returning id
    )
    select banned, many, had, exists (select from made) as "isNew" from target
  `.execute(db);
  const [found] = rows;
  if (!found) return { ok: false, reason: "gone" };
  if (found.banned) return { ok: false, reason: "banned" };
  if (found.many && !found.had) return { ok: false, reason: "too_many" };
  return { ok: true, isNew: found.isNew };
}

/** Ends it. False when this person did not follow it. */
export async function unfollow(
  db: Db,
  { userId, spaceId, experienceId }: Followed & { userId: string },
): Promise<boolean> {
  const gone = await db
    .deleteFrom("follows")
    .where("person_id", "=", userId)
    .where("space_id", "=", spaceId)
    .where(sql<boolean>`experience_id is not distinct from ${experienceId}::uuid`)
    .returning("id")
    .executeTakeFirst();
  return gone !== undefined;
}

/** Whether somebody follows the space (`whole`) and this experience of it (`own`); without one, `own` is the space's. */
export async function findFollowing(
  db: Kysely<Database>,
  { userId, spaceId, experienceId }: Followed & { userId: string },
): Promise<{ own: boolean; whole: boolean }> {
  const rows = await db
    .selectFrom("follows")
    .select("experience_id")
    .where("person_id", "=", userId)
    .where("space_id", "=", spaceId)
    .execute();
  const follows = (id: string | null) => rows.some(({ experience_id }) => experience_id === id);
  return { own: follows(experienceId), whole: follows(null) };
}

export type ListedFollow = Followed & {
  spaceName: string;
  experienceName: string | null;
  path: string;
};

/** What somebody follows, without what was retired, by name. */
export async function listFollows(db: Db, { userId }: { userId: string }): Promise<ListedFollow[]> {
  const { rows } = await sql<ListedFollow>`
    select f.space_id as "spaceId", f.experience_id as "experienceId", s.name as "spaceName",
      e.name as "experienceName", '/' || s.slug || coalesce('/' || e.slug, '') as path
    from follows f
    join spaces s on s.id = f.space_id and s.retired_at is null
    left join experiences e on e.id = f.experience_id
    where f.person_id = ${userId}::uuid and (f.experience_id is null or e.retired_at is null)
    order by s.name, s.id, e.name nulls first, f.id
  `.execute(db);
  return rows;
}
