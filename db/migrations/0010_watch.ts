import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What was last counted from stream_presence, so that a full house is counted once a second and not once a page.
    create table stream_audiences (
      stream_id uuid primary key references streams on delete cascade,
      viewers_now integer not null,
      viewers_total integer not null,
      counted_at timestamptz not null
    );
  `.execute(db);
}
