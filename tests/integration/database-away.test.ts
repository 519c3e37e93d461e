import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isDatabaseAway } from "#app/server/database-away.ts";
import { openDatabase } from "#db/client.ts";
import { createTestDatabase } from "./setup.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it("is not what it says of a statement that is wrong, which would be our mistake", async () => {
  expect(await errorOf(sql`select nothing from nowhere`.execute(database.db))).not.toSatisfy(isDatabaseAway);
});

/** How pg tells of it depends on what the connection was doing when it broke. */
it("is what pg says when a connection ends between two statements of a transaction, in one, or cannot begin", async () => {
  const { db } = database;
  const between = db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
    await sql`select pg_terminate_backend(${rows[0]?.pid}::int)`.execute(db);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sql`select 1`.execute(transaction);
  });
  const error = await errorOf(between);
  expect(error).toMatchObject({ message: "Client has encountered a connection error and is not queryable" });
  expect(error).toSatisfy(isDatabaseAway);

  const inStatement = sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
  expect(await errorOf(inStatement)).toSatisfy(isDatabaseAway);

  const nowhere = openDatabase("postgres://nobody@127.0.0.1:1/nothing");
  expect(await errorOf(sql`select 1`.execute(nowhere))).toSatisfy(isDatabaseAway);
  await nowhere.destroy();
});

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
