import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Who works on a row holds it until then: a claim that its worker does not renew falls to another one.
    alter table streaming_recordings
      add column work_until timestamptz,
      -- No new attempt before this instant: failing ones are further and further apart.
      add column retry_at timestamptz;

    alter table streaming_recording_attempts
      add column look_until timestamptz,
      -- When the egress was last asked about it, and when it was told to stop.
      add column asked_at timestamptz,
      add column stop_asked_at timestamptz;

    alter table streaming_recording_exports
      add column work_until timestamptz,
      add column tries integer not null default 0;

    -- What finalizing has done already; a second run begins after it.
    create table streaming_recording_steps (
      recording_id uuid not null references streaming_recordings on delete cascade,
      step text not null,
      done_at timestamptz not null default now(),
      primary key (recording_id, step)
    );

    create index streaming_recordings_working on streaming_recordings (status) where status not in ('ready', 'failed');
    create index streaming_recording_exports_working on streaming_recording_exports (created_at)
      where status in ('waiting', 'running');

    -- When each periodic task last ran, in whichever worker.
    create table worker_ticks (
      name text primary key,
      ran_at timestamptz not null default now()
    );
  `.execute(db);
}
