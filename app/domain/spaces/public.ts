import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessAtExpiry, AccessGrantStatus, AccessPassTerm, SpaceRole } from "#db/types.ts";
import { grantStatus } from "../grants/lists.ts";

/** A space by its address, with the experiences that it shows; also one that is retired. */
export async function findPublicSpace(db: Db, slug: string) {
  const space = await db
    .selectFrom("spaces")
    .select(["id", "slug", "name", "description"])
    .select(sql<boolean>`retired_at is not null`.as("retired"))
    .where("slug", "=", slug)
    .executeTakeFirst();
  if (!space) return undefined;
  const experiences = await db
    .selectFrom("experiences")
    .select(["id", "slug", "name", "description"])
    .where("space_id", "=", space.id)
    .where("retired_at", "is", null)
    .orderBy("created_at")
    .execute();
  return { ...space, experiences };
}

/** An experience by its address. `retired` when it or its space is. */
export async function findPublicExperience(
  db: Db,
  { space, experience }: { space: string; experience: string },
) {
  return db
    .selectFrom("experiences as e")
    .innerJoin("spaces as s", "s.id", "e.space_id")
    .select([
      "e.id",
      "e.slug",
      "e.name",
      "e.description",
      "s.id as spaceId",
      "s.slug as spaceSlug",
      "s.name as spaceName",
    ])
    .select(sql<boolean>`(e.retired_at is not null or s.retired_at is not null)`.as("retired"))
    .where("s.slug", "=", space)
    .where("e.slug", "=", experience)
    .executeTakeFirst();
}

export type PassPage = {
  id: string;
  slug: string;
  name: string;
  description: string;
  spaceId: string;
  spaceSlug: string;
  spaceName: string;
  term: AccessPassTerm;
  termDays: number | null;
  termUntil: Date | null;
  termTimeZone: string | null;
  atExpiry: AccessAtExpiry;
  priceMinor: number;
  currency: string;
  retired: boolean;
  over: boolean;
  spaceRetired: boolean;
  experiences: { slug: string; name: string }[];
  /** What the reader holds or last held of it. */
  grantStatus: AccessGrantStatus | null;
  grantStarted: boolean | null;
  grantStartsAt: Date | null;
  grantEndsAt: Date | null;
  teamRole: SpaceRole | null;
  banned: boolean;
};

/** A pass by its address, as `userId` (or nobody: null) stands to it. */
export async function findPassPage(
  db: Db,
  { space, pass, userId }: { space: string; pass: string; userId: string | null },
): Promise<PassPage | undefined> {
  const { rows } = await sql<PassPage>`
    select p.id, p.slug, p.name, p.description, s.id as "spaceId", s.slug as "spaceSlug", s.name as "spaceName",
      p.term, p.term_days as "termDays", p.term_until as "termUntil", p.term_time_zone as "termTimeZone",
      p.at_expiry as "atExpiry", p.price_minor as "priceMinor", p.currency, p.retired_at is not null as retired,
      coalesce(p.term_until <= now(), false) as over, s.retired_at is not null as "spaceRetired",
      coalesce((
        select json_agg(json_build_object('slug', e.slug, 'name', e.name) order by e.created_at)
        from access_pass_experiences pe join experiences e on e.id = pe.experience_id and e.retired_at is null
        where pe.access_pass_id = p.id
      ), '[]') as experiences,
      held.status as "grantStatus", held.started as "grantStarted", held.starts_at as "grantStartsAt",
      held.ends_at as "grantEndsAt", m.role as "teamRole", b.user_id is not null as banned
    from access_passes p
    join spaces s on s.id = p.space_id
    left join space_members m on m.space_id = s.id and m.user_id = ${userId}::uuid
    left join space_bans_in_force b on b.space_id = s.id and b.user_id = ${userId}::uuid and b.stream_id is null
    left join lateral (
      select ${grantStatus} as status, g.starts_at <= now() as started, g.starts_at, g.ends_at
      from access_grants g
      where g.access_pass_id = p.id and g.user_id = ${userId}::uuid
      order by g.status = 'active' desc, g.id desc limit 1
    ) held on true
    where s.slug = ${space} and p.slug = ${pass}
  `.execute(db);
  return rows[0];
}
