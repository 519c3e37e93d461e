import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Where a space once was: its old links lead on to where it is, and nobody else can move in there.
    create table space_former_slugs (
      slug text primary key,
      space_id uuid not null references spaces on delete cascade,
      created_at timestamptz not null default now()
    );
    create index space_former_slugs_space on space_former_slugs (space_id);

    -- The zone in which its creator chose the end of a pass; the instant decides.
    alter table access_passes add column term_time_zone text;

    create index access_grants_pass on access_grants (access_pass_id, created_at);
  `.execute(db);
}
