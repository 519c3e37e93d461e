import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findAccess } from "#app/domain/access/decision.ts";
import { findProgramme } from "#app/domain/spaces/programme.ts";
import { findPublicSpace } from "#app/domain/spaces/public.ts";
import { seed } from "#db/seed.ts";
import { createTestDatabase } from "./setup.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it("demo data is made once, however often it is asked for, and gives each person their place", async () => {
  const { db } = database;
  const runs = await Promise.all([seed(db), seed(db)]);
  expect(runs.map((said) => said.length > 0).sort()).toEqual([false, true]);
  expect(await seed(db)).toEqual([]);

  const space = await findPublicSpace(db, "northlight");
  expect(space).toMatchObject({ name: "Northlight Studio", experiences: [{ name: "Monday critiques" }] });
  const { upcoming } = await findProgramme(db, { spaceIds: [space!.id] });
  expect(upcoming).toHaveLength(2);
  const { rows } = await sql<{ soon: boolean; wall: boolean; monday: boolean }>`
    select bool_and(starts_at > now()) as soon,
      bool_and(to_char(starts_at at time zone time_zone, 'YYYY-MM-DD"T"HH24:MI') = wall_time) as wall,
      bool_or(extract(isodow from starts_at at time zone time_zone) = 1 and wall_time like '%T19:00') as monday
    from streams
  `.execute(db);
  expect(rows).toEqual([{ soon: true, wall: true, monday: true }]);

  const roles: Record<string, string | undefined> = {};
  for (const who of ["creator", "host", "moderator", "viewer"]) {
    const { id } = await db
      .selectFrom("users")
      .select("id")
      .where("email", "=", `${who}@frontrow.example`)
      .executeTakeFirstOrThrow();
    const access = await findAccess(db, { userId: id, streamId: upcoming[0]!.id });
    roles[who] = `${access?.role} by ${access?.reason}`;
  }
  expect(roles).toEqual({
    creator: "host by team",
    host: "host by team",
    moderator: "moderator by team",
    viewer: "viewer by grant",
  });
});
