import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- When its person was written to about it, because it began in a browser that was new to them.
    alter table sessions add column mailed_at timestamptz;
  `.execute(db);
}
