import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Of a list of many people, beyond the letters that a space may send in a day: nobody wrote to its holder.
    alter table access_grants add column letter_left_out boolean not null default false;
    -- How many letters a space sent in a day is asked before each.
    create index access_grants_given on access_grants (access_pass_id, created_at)
      where source = 'given' and not letter_left_out;

    create type access_grant_import_status as enum ('reading', 'ready', 'importing', 'done');
    create type access_grant_import_line_state as enum ('wanted', 'added', 'held', 'repeated', 'refused');

    -- A file of people who are to get a pass: read, shown, confirmed, and then imported.
    create table access_grant_imports (
      id uuid primary key default uuidv7(),
      access_pass_id uuid not null references access_passes on delete cascade,
      made_by uuid not null references users on delete cascade,
      file_name text not null default '' check (length(file_name) <= 200),
      -- The clocks that days in the file are read on.
      time_zone text not null,
      encoding text not null,
      separator text not null,
      ignored_columns text[] not null default '{}',
      status access_grant_import_status not null default 'reading',
      made_at timestamptz not null default clock_timestamp(),
      confirmed_by uuid references users on delete set null,
      confirmed_at timestamptz,
      -- When a worker last did a part of it.
      moved_at timestamptz,
      done_at timestamptz,
      check ((status in ('importing', 'done')) = (confirmed_at is not null)),
      check ((status = 'done') = (done_at is not null))
    );
    create index access_grant_imports_of_pass on access_grant_imports (access_pass_id, id desc);
    create index access_grant_imports_status on access_grant_imports (status, made_at);

    create table access_grant_import_lines (
      access_grant_import_id uuid not null references access_grant_imports on delete cascade,
      -- Of the file, from 1.
      number integer not null,
      -- As they were typed.
      email text not null,
      ends text not null default '',
      -- What they mean; null: no address, or the end of the pass's own term.
      address text check (length(address) <= 254),
      ends_at timestamptz,
      state access_grant_import_line_state not null default 'wanted',
      problem text,
      -- The line that this one repeats or contradicts.
      other_number integer,
      primary key (access_grant_import_id, number),
      check ((state = 'refused') = (problem is not null)),
      check (state <> 'wanted' or address is not null)
    );
    create index access_grant_import_lines_state
      on access_grant_import_lines (access_grant_import_id, state, number);
  `.execute(db);
}
