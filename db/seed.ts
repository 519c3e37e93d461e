import { pathToFileURL } from "node:url";
import { type Kysely, sql, type Transaction } from "kysely";
import { openDatabase } from "./client.ts";
import type { Database } from "./client.ts";
import type { SpaceRole } from "./types.ts";

type Trx = Transaction<Database>;

const zone = "Europe/Berlin";

/**
 * Demo data to try everything with: a creator with a space, an experience, a free pass, one to ask for, and two streams that come
 * up, a host and a moderator beside them, and a viewer who holds the pass. What is there already stays as it is, so it may run
 * any number of times. Gives a line about each thing that it made.
 */
export async function seed(db: Kysely<Database>): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    // Two that run at once would each find nothing.
    await sql`select pg_advisory_xact_lock(hashtextextended('seed', 0))`.execute(trx);
    const said: string[] = [];
    const person = (name: string, who: string) => insertPerson(trx, said, `${who}@frontrow.example`, name);
    const creator = await person("Jonas Winter", "creator");
    const host = await person("Ines Prado", "host");
    const moderator = await person("Tom Okafor", "moderator");
    const viewer = await person("Mara Lind", "viewer");
    await trx
      .insertInto("creators_profiles")
      .values({
        user_id: creator,
        username: "jonas",
        bio: "Colourist. I grade films on weekdays and talk about it on Mondays.",
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();

    const space = await findOrInsertSpace(trx, said, creator);
    if (!space) {
      said.push("The address /northlight belongs to somebody else: no demo space was made.");
      return said;
    }
    await insertMember(trx, said, {
      spaceId: space,
      userId: host,
      role: "host",
      email: "host@frontrow.example",
    });
    await insertMember(trx, said, {
      spaceId: space,
      userId: moderator,
      role: "moderator",
      email: "moderator@frontrow.example",
    });
    const experience = await findOrInsertExperience(trx, said, space);
    const pass = await findOrInsertPass(trx, said, { space, experience });
    await insertWorkshopPass(trx, said, { space, experience });
    await insertGrant(trx, said, { pass, viewer, creator });
    await insertStreams(trx, said, { experience, creator });
    return said;
  });
}

async function insertPerson(trx: Trx, said: string[], email: string, name: string): Promise<string> {
  const made = await trx
    .insertInto("users")
    .values({ email, name })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (made) said.push(`${email} can sign in.`);
  const { id } = await trx
    .selectFrom("users")
    .select("id")
    .where("email", "=", email)
    .executeTakeFirstOrThrow();
  return id;
}

async function findOrInsertSpace(trx: Trx, said: string[], creator: string): Promise<string | undefined> {
  const made = await trx
    .insertInto("spaces")
    .values({
      slug: "northlight",
      name: "Northlight Studio",
      description:
        "Colour grading, live and without secrets.\n\nBring a frame of your own: every Monday three of them are graded in front of everybody.",
      created_by: creator,
    })
    .onConflict((conflict) => conflict.column("slug").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (made) {
    await trx
      .insertInto("space_members")
      .values({ space_id: made.id, user_id: creator, role: "owner" })
      .execute();
    said.push("Northlight Studio is at /northlight.");
    return made.id;
  }
  const own = await trx
    .selectFrom("spaces")
    .select("id")
    .where("slug", "=", "northlight")
    .where("created_by", "=", creator)
    .executeTakeFirst();
  return own?.id;
}

async function insertMember(
  trx: Trx,
  said: string[],
  { spaceId, userId, role, email }: { spaceId: string; userId: string; role: SpaceRole; email: string },
): Promise<void> {
  const made = await trx
    .insertInto("space_members")
    .values({ space_id: spaceId, user_id: userId, role })
    .onConflict((conflict) => conflict.columns(["space_id", "user_id"]).doNothing())
    .returning("user_id")
    .executeTakeFirst();
  if (made) said.push(`${email} is a ${role} there.`);
}

async function findOrInsertExperience(trx: Trx, said: string[], space: string): Promise<string> {
  const made = await trx
    .insertInto("experiences")
    .values({
      space_id: space,
      slug: "monday-critiques",
      name: "Monday critiques",
      description: "Two hours in one timeline, with frames that you bring.",
    })
    .onConflict((conflict) => conflict.columns(["space_id", "slug"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (made) {
    said.push("The experience Monday critiques is at /northlight/monday-critiques.");
    return made.id;
  }
  return (
    await trx
      .selectFrom("experiences")
      .select("id")
      .where("space_id", "=", space)
      .where("slug", "=", "monday-critiques")
      .executeTakeFirstOrThrow()
  ).id;
}

async function findOrInsertPass(
  trx: Trx,
  said: string[],
  { space, experience }: { space: string; experience: string },
): Promise<string> {
  const made = await trx
    .insertInto("access_passes")
    .values({
      space_id: space,
      slug: "season-2026",
      name: "Season 2026",
      description: "All Monday critiques, live and as replay.",
    })
    .onConflict((conflict) => conflict.columns(["space_id", "slug"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (made) {
    await trx
      .insertInto("access_pass_experiences")
      .values({ access_pass_id: made.id, experience_id: experience })
      .execute();
    said.push("The pass Season 2026 opens it, free: /northlight/passes/season-2026.");
    return made.id;
  }
  return (
    await trx
      .selectFrom("access_passes")
      .select("id")
      .where("space_id", "=", space)
      .where("slug", "=", "season-2026")
      .executeTakeFirstOrThrow()
  ).id;
}

/** With a price and a few seats: something to ask for, and to say yes or no to. */
async function insertWorkshopPass(
  trx: Trx,
  said: string[],
  { space, experience }: { space: string; experience: string },
): Promise<void> {
  const made = await trx
    .insertInto("access_passes")
    .values({
      space_id: space,
      slug: "front-row",
      name: "Front row",
      description: "Your frame is graded in front of everybody. Twelve seats a month.",
      term: "months",
      term_months: 1,
      term_time_zone: zone,
      price_minor: 2500,
      stock: 12,
    })
    .onConflict((conflict) => conflict.columns(["space_id", "slug"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!made) return;
  await trx
    .insertInto("access_pass_experiences")
    .values({ access_pass_id: made.id, experience_id: experience })
    .execute();
  said.push("The pass Front row, 12 seats for 25 € a month, can be asked for: /northlight/passes/front-row.");
}

/** Only to who never held it: what was taken back stays so. */
async function insertGrant(
  trx: Trx,
  said: string[],
  { pass, viewer, creator }: { pass: string; viewer: string; creator: string },
): Promise<void> {
  const held = await trx
    .selectFrom("access_grants")
    .select("id")
    .where("access_pass_id", "=", pass)
    .where("user_id", "=", viewer)
    .executeTakeFirst();
  if (held) return;
  const { id } = await trx
    .insertInto("access_grants")
    .values({
      access_pass_id: pass,
      user_id: viewer,
      source: "given",
      granted_by: creator,
      mailed_at: sql`now()`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await trx
    .insertInto("access_grant_events")
    .values({ access_grant_id: id, kind: "given", actor_id: creator })
    .execute();
  said.push("viewer@frontrow.example holds it.");
}

async function insertStreams(
  trx: Trx,
  said: string[],
  { experience, creator }: { experience: string; creator: string },
): Promise<void> {
  const streams = [
    {
      slug: "colour-grading-a-night-scene",
      title: "Colour grading a night scene, start to finish",
      description: "Balancing, skin, practicals, and the one trick that keeps neon from clipping.",
      // The next quarter of an hour that is at least 15 minutes away.
      wall: sql<Date>`date_bin('15 minutes', (now() at time zone ${zone}) + interval '30 minutes', timestamp '2000-01-01')`,
      minutes: 120,
    },
    {
      slug: "grading-skin-under-mixed-light",
      title: "Grading skin under mixed light",
      description: "Tungsten, daylight and a green exit sign, all on one face.",
      wall: sql<Date>`date_trunc('week', now() at time zone ${zone}) + interval '7 days 19 hours'`,
      minutes: 90,
    },
  ];
  for (const { slug, title, description, wall, minutes } of streams) {
    const made = await trx
      .insertInto("streams")
      .values({
        experience_id: experience,
        slug,
        title,
        description,
        starts_at: sql<Date>`(${wall}) at time zone ${zone}`,
        wall_time: sql<string>`to_char(${wall}, 'YYYY-MM-DD"T"HH24:MI')`,
        time_zone: zone,
        length_minutes: minutes,
        created_by: creator,
      })
      .onConflict((conflict) => conflict.columns(["experience_id", "slug"]).doNothing())
      .returning(["wall_time"])
      .executeTakeFirst();
    if (made) said.push(`“${title}” is scheduled for ${made.wall_time.replace("T", ", ")} in ${zone}.`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const url = process.env.DATABASE_URL;
  if (!url) {
    console.error("DATABASE_URL is not set: it names the Postgres database to fill with demo data.");
    process.exit(1);
  }
  const db = openDatabase(url, { max: 1 });
  try {
    const said = await seed(db);
    console.log(said.length > 0 ? said.join("\n") : "The demo data is there already.");
  } finally {
    await db.destroy();
  }
}
