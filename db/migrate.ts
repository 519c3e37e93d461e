import fs from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Kysely, PostgresDialect, sql } from "kysely";
import { FileMigrationProvider, Migrator } from "kysely/migration";
import pg from "pg";

/**
 * Brings the database at `url` to the newest migration, or to `target` (a migration's name). Safe to run at once from
 * several processes: Kysely's migrator takes a lock. Throws with the failing migration's error; each migration is
 * applied whole or not at all.
 */
export async function migrate(url: string, target?: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // A connection that the server ends while we end it, too, says so, and without a listener that would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    await requireVersion(db);
    const migrator = new Migrator({
      db,
      provider: new FileMigrationProvider({
        fs,
        path,
        migrationFolder: path.join(import.meta.dirname, "migrations"),
      }),
    });
    const { error, results = [] } = target
      ? await migrator.migrateTo(target)
      : await migrator.migrateToLatest();
    if (error) throw error;
    return results.filter((result) => result.status === "Success").map((result) => result.migrationName);
  } finally {
    await db.destroy();
  }
}

/** Keys are made by the database's own `uuidv7()`, which came with PostgreSQL 18. */
async function requireVersion(db: Kysely<unknown>) {
  const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(db);
  const version = Number(rows[0]?.server_version_num);
  if (version < 180000)
    throw new Error(`Frontrow needs PostgreSQL 18 or newer; this server is ${Math.floor(version / 10000)}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const url = process.env.DATABASE_URL;
  if (!url) {
    console.error("DATABASE_URL is not set: it names the Postgres database to migrate.");
    process.exit(1);
  }
  const applied = await migrate(url);
  console.log(applied.length ? `Applied ${applied.join(", ")}.` : "The database is up to date.");
}
