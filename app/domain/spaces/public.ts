import { sql } from "kysely";
import type { Db } from "#db/client.ts";

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
