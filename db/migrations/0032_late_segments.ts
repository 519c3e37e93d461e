import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_recording_segments
      -- What comes behind it was told to those who watch live before it could be played: for them it stays left out, so
      -- that whoever tells them tells the same. The replay has it.
      add column late boolean not null default false;
  `.execute(db);
}
