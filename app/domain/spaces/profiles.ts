import { sql } from "kysely";
import type { Db } from "#db/client.ts";

/** A creator's own page: who they are, and the spaces that they host. Undefined when nobody has that user name. */
export async function findProfile(db: Db, username: string) {
  const profile = await db
    .selectFrom("creators_profiles as c")
    .innerJoin("users as u", "u.id", "c.user_id")
    .select(["c.user_id as userId", "c.username", "c.bio", "u.name"])
    .where("c.username", "=", username)
    .where("u.disabled_at", "is", null)
    .executeTakeFirst();
  if (!profile) return undefined;
  const spaces = await db
    .selectFrom("space_members as m")
    .innerJoin("spaces as s", "s.id", "m.space_id")
    .select(["s.id", "s.slug", "s.name"])
    .where("m.user_id", "=", profile.userId)
    .where("m.role", "in", ["owner", "host"])
    .where("s.retired_at", "is", null)
    .orderBy("s.name")
    .execute();
  return { ...profile, spaces };
}

/** One's own profile, for its form. */
export async function findOwnProfile(db: Db, userId: string) {
  return db
    .selectFrom("creators_profiles")
    .select(["username", "bio"])
    .where("user_id", "=", userId)
    .executeTakeFirst();
}

/** Writes a person's profile. Refuses a user name that somebody else has. */
export async function saveProfile(
  db: Db,
  { userId, username, bio }: { userId: string; username: string; bio: string },
): Promise<{ ok: true } | { ok: false; reason: "taken" }> {
  const { rows } = await sql`
    insert into creators_profiles (user_id, username, bio)
    select ${userId}::uuid, ${username}, ${bio}
    where not exists (select from creators_profiles where username = ${username} and user_id <> ${userId}::uuid)
    on conflict (user_id) do update set username = excluded.username, bio = excluded.bio
    returning user_id
  `
    .execute(db)
    .catch((error: { code?: string }) => {
      // Two people took the same name in the same moment: the index decides.
      if (error.code === "23505") return { rows: [] };
      throw error;
    });
  return rows.length > 0 ? { ok: true } : { ok: false, reason: "taken" };
}
