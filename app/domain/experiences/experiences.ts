import { sql } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { enforceAccessTo } from "../access/enforcement.ts";
import { reservedForExperiences } from "../spaces/reserved.ts";
import { slugsFor } from "../spaces/slugs.ts";
import { cancelStreamsOf } from "./closing.ts";

/** The experiences of a space for its team, those that are retired last. */
export async function listExperiences(db: Db, spaceId: string) {
  const { rows } = await sql<{
    id: string;
    slug: string;
    name: string;
    description: string;
    retired: boolean;
    passes: string[];
    upcoming: number;
  }>`
    select e.id, e.slug, e.name, e.description, e.retired_at is not null as retired,
      coalesce((
        select array_agg(p.name order by p.name) from access_pass_experiences pe
        join access_passes p on p.id = pe.access_pass_id and p.retired_at is null
        where pe.experience_id = e.id
      ), '{}') as passes,
      (select count(*)::int from streams s where s.experience_id = e.id and s.status in ('scheduled', 'rehearsal', 'live')) as upcoming
    from experiences e
    where e.space_id = ${spaceId}
    order by e.retired_at is not null, e.created_at
  `.execute(db);
  return rows;
}

/**
 * What a host can schedule a stream of: the experiences of a space that are not retired, each with the names of the
 * passes that open it. Empty for somebody who may not host there.
 */
export async function listExperiencesForHost(
  db: Db,
  { userId, spaceId }: { userId: string; spaceId: string },
): Promise<{ id: string; name: string; slug: string; passNames: string[] }[]> {
  const { rows } = await sql<{ id: string; name: string; slug: string; passNames: string[] }>`
    select e.id, e.name, e.slug,
      coalesce((
        select array_agg(p.name order by p.name) from access_pass_experiences pe
        join access_passes p on p.id = pe.access_pass_id and p.retired_at is null
        where pe.experience_id = e.id
      ), '{}') as "passNames"
    from experiences e
    join spaces s on s.id = e.space_id and s.retired_at is null
    join space_members m on m.space_id = e.space_id and m.user_id = ${userId} and m.role in ('owner', 'host')
    where e.space_id = ${spaceId} and e.retired_at is null
    order by e.created_at
  `.execute(db);
  return rows;
}

/** One experience of this space, for its form. */
export async function findExperience(
  db: Db,
  { spaceId, experienceId }: { spaceId: string; experienceId: string },
) {
  return db
    .selectFrom("experiences")
    .select(["id", "slug", "name", "description"])
    .select(sql<boolean>`retired_at is not null`.as("retired"))
    .where("id", "=", experienceId)
    .where("space_id", "=", spaceId)
    .executeTakeFirst();
}

/** Makes an experience; its address comes from its name and stays. Undefined when the space is retired. */
export async function insertExperience(
  db: Db,
  { spaceId, name, description }: { spaceId: string; name: string; description: string },
): Promise<{ id: string; slug: string } | undefined> {
  for (const slug of slugsFor(name, "experience", reservedForExperiences)) {
    const { rows } = await sql<{ id: string; slug: string }>`
      insert into experiences (space_id, slug, name, description)
      select id, ${slug}, ${name}, ${description} from spaces where id = ${spaceId} and retired_at is null
      on conflict (space_id, slug) do nothing
      returning id, slug
    `.execute(db);
    if (rows[0]) return rows[0];
    const space = await db
      .selectFrom("spaces")
      .select("id")
      .where("id", "=", spaceId)
      .where("retired_at", "is", null)
      .executeTakeFirst();
    if (!space) return undefined;
  }
  return undefined;
}

/** Changes an experience's name and description; false when it is not this space's, or is retired. */
export async function updateExperience(
  db: Db,
  {
    spaceId,
    experienceId,
    name,
    description,
  }: { spaceId: string; experienceId: string; name: string; description: string },
): Promise<boolean> {
  const row = await db
    .updateTable("experiences")
    .set({ name, description, updated_at: sql`now()` })
    .where("id", "=", experienceId)
    .where("space_id", "=", spaceId)
    .where("retired_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Retires an experience for good: its scheduled streams are cancelled, and nobody but the team can watch its replays.
 * Refuses (`busy`, with the stream's title) while one of its streams is live or in rehearsal; `gone` when it is not this
 * space's or already retired.
 */
export async function retireExperience(
  db: Db,
  queue: Queue,
  { spaceId, experienceId }: { spaceId: string; experienceId: string },
): Promise<{ ok: true } | { ok: false; reason: "gone" } | { ok: false; reason: "busy"; title: string }> {
  return db.transaction().execute(async (trx) => {
    const experience = await trx
      .selectFrom("experiences")
      .select("id")
      .where("id", "=", experienceId)
      .where("space_id", "=", spaceId)
      .where("retired_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!experience) return { ok: false, reason: "gone" };
    const closed = await cancelStreamsOf(trx, [experienceId]);
    if (!closed.ok) return { ok: false, reason: "busy", title: closed.title };
    await trx
      .updateTable("experiences")
      .set({ retired_at: sql`now()` })
      .where("id", "=", experienceId)
      .execute();
    await enforceAccessTo(trx, queue, [experienceId]);
    return { ok: true };
  });
}

/** Which space an experience belongs to, for finding out who may open its pages; undefined when there is none. */
export async function findSpaceOfExperience(db: Db, experienceId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("experiences")
    .select("space_id")
    .where("id", "=", experienceId)
    .executeTakeFirst();
  return row?.space_id;
}
