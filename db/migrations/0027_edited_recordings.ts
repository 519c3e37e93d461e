import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_recordings
      -- The number of the edit that plays; 0: as it was recorded.
      add column edit integer not null default 0,
      -- Where in the recording the picture that stands for it was taken; null: wherever one shows something.
      add column poster_ms bigint check (poster_ms >= 0),
      add column hidden_at timestamptz,
      add column hidden_by uuid references users,
      add column deleted_at timestamptz,
      -- Null: by the rule of its space.
      add column deleted_by uuid references users,
      -- From then on it cannot be restored: what it has in storage goes.
      add column removed_at timestamptz,
      -- When its owners were told that it will be deleted by the rule of its space.
      add column warned_at timestamptz,
      -- Restored after that: the rule is not for it any more.
      add column kept boolean not null default false,
      add check (removed_at is null or deleted_at is not null);
    create index streaming_recordings_deleted on streaming_recordings (deleted_at) where deleted_at is not null;

    -- Each one is there for good, so that undoing it is going back to the one that it followed.
    create table streaming_recording_edits (
      recording_id uuid not null references streaming_recordings on delete cascade,
      number integer not null check (number > 0),
      follows integer not null check (follows >= 0 and follows < number),
      -- What stays, in ms of the recording, and the segments that do not.
      kept jsonb not null,
      left_out jsonb not null,
      duration_ms bigint not null,
      made_by uuid not null references users,
      made_at timestamptz not null default now(),
      primary key (recording_id, number)
    );

    create table streaming_recording_chapters (
      recording_id uuid not null references streaming_recordings on delete cascade,
      -- In the recording as it was recorded, so that edits leave it where it is.
      at_ms bigint not null check (at_ms >= 0),
      title text not null,
      primary key (recording_id, at_ms)
    );

    alter table streaming_recording_exports
      -- Which making of it this is: who still makes an earlier one has nothing more to say.
      add column version integer not null default 0,
      -- The edit that what lies at its key shows; null: nothing that is wanted any more.
      add column edit integer default 0;

    alter table spaces
      add column recording_days integer check (recording_days between 14 and 3650);
  `.execute(db);
}
