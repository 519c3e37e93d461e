import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- How many lines of an import are in which state, kept with each move: a list of imports need not count them.
    alter table access_grant_imports
      add column wanted_lines integer not null default 0,
      add column added_lines integer not null default 0,
      add column held_lines integer not null default 0,
      add column repeated_lines integer not null default 0,
      add column refused_lines integer not null default 0;

    update access_grant_imports i
    set wanted_lines = counted.wanted, added_lines = counted.added, held_lines = counted.held,
      repeated_lines = counted.repeated, refused_lines = counted.refused
    from (
      select access_grant_import_id as id,
        count(*) filter (where state = 'wanted') as wanted, count(*) filter (where state = 'added') as added,
        count(*) filter (where state = 'held') as held, count(*) filter (where state = 'repeated') as repeated,
        count(*) filter (where state = 'refused') as refused
      from access_grant_import_lines group by access_grant_import_id
    ) counted
    where counted.id = i.id;
  `.execute(db);
}
