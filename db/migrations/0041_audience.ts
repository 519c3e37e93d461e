import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Who said "I'm coming" to a stream that was still to begin.
    create table coming (
      stream_id uuid not null references streams on delete cascade,
      person_id uuid not null references users on delete cascade,
      since timestamptz not null default now(),
      primary key (stream_id, person_id)
    );
    create index coming_of_person on coming (person_id);

    -- What people want to hear of. Without an experience: the whole space.
    create table follows (
      id uuid primary key default uuidv7(),
      person_id uuid not null references users on delete cascade,
      space_id uuid not null references spaces on delete cascade,
      experience_id uuid references experiences on delete cascade,
      since timestamptz not null default now(),
      unique nulls not distinct (person_id, space_id, experience_id)
    );
    create index follows_of_space on follows (space_id, experience_id);

    -- A person's calendar, at an address that nobody can guess. The code in it is nowhere: it is made from the id with the
    -- server's secret. Another address is another id.
    create table calendar_feeds (
      person_id uuid primary key references users on delete cascade,
      id uuid not null unique default uuidv7(),
      token_hash bytea not null unique check (length(token_hash) = 32),
      made_at timestamptz not null default now()
    );

    -- When a stream was to start before it was moved: one row for each schedule_version that another has followed.
    create table stream_former_starts (
      stream_id uuid not null references streams on delete cascade,
      schedule_version integer not null,
      starts_at timestamptz not null,
      wall_time text not null,
      time_zone text not null,
      replaced_at timestamptz not null default clock_timestamp(),
      primary key (stream_id, schedule_version)
    );

    -- Since when a stream says what it says: null while nobody has changed its words or times, or cancelled it.
    alter table streams add column edited_at timestamptz;
    update streams set edited_at = coalesce(cancelled_at, updated_at) where edit_version > 1 or cancelled_at is not null;

    -- Both are kept by the database, because several statements move streams and none may forget them.
    create function note_stream_edit() returns trigger language plpgsql as $$
      begin
        new.edited_at := clock_timestamp();
        return new;
      end
    $$;
    create trigger streams_edited before update on streams for each row
      when (new.edit_version <> old.edit_version)
      execute function note_stream_edit();

    create function keep_former_start() returns trigger language plpgsql as $$
      begin
        insert into stream_former_starts (stream_id, schedule_version, starts_at, wall_time, time_zone)
          values (old.id, old.schedule_version, old.starts_at, old.wall_time, old.time_zone);
        return null;
      end
    $$;
    create trigger streams_moved after update on streams for each row
      when (new.schedule_version <> old.schedule_version)
      execute function keep_former_start();
  `.execute(db);
}
