import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create type recording_status as enum ('starting', 'recording', 'stopping', 'finalizing', 'ready', 'failed');
    create type recording_attempt_status as enum ('requested', 'starting', 'active', 'ending', 'complete', 'failed', 'aborted');
    create type recording_export_status as enum ('waiting', 'running', 'ready', 'failed');

    create table streaming_recordings (
      id uuid primary key default uuidv7(),
      stream_id uuid not null references streams,
      status recording_status not null default 'starting',
      reason text not null default '',
      created_at timestamptz not null default now(),
      started_at timestamptz,
      stopped_at timestamptz,
      ready_at timestamptz,
      failed_at timestamptz,
      duration_ms bigint not null default 0,
      bytes bigint not null default 0,
      width integer,
      height integer,
      check ((status = 'ready') = (ready_at is not null))
    );
    create unique index streaming_recordings_unfinished on streaming_recordings (stream_id) where status not in ('ready', 'failed');
    create index streaming_recordings_stream on streaming_recordings (stream_id, created_at);

    create table streaming_recording_attempts (
      id uuid primary key default uuidv7(),
      recording_id uuid not null references streaming_recordings on delete cascade,
      number integer not null,
      prefix text not null unique,
      egress_id text unique,
      status recording_attempt_status not null default 'requested',
      reason text not null default '',
      created_at timestamptz not null default now(),
      requested_at timestamptz,
      active_at timestamptz,
      ended_at timestamptz,
      -- Nothing that appears in storage after this instant belongs to the recording.
      sealed_at timestamptz,
      unique (recording_id, number)
    );
    create unique index streaming_recording_attempts_open on streaming_recording_attempts (recording_id) where sealed_at is null;

    create table streaming_recording_segments (
      attempt_id uuid not null references streaming_recording_attempts on delete cascade,
      number integer not null,
      key text not null,
      bytes bigint not null,
      etag text not null default '',
      sha256 text not null default '',
      -- 90 kHz ticks, as in the transport stream.
      first_pts bigint not null default 0,
      duration_ticks bigint not null default 0,
      program_time timestamptz,
      width integer,
      height integer,
      has_video boolean not null default false,
      has_audio boolean not null default false,
      problem text,
      verified_at timestamptz not null default now(),
      primary key (attempt_id, number)
    );

    create table streaming_recording_exports (
      id uuid primary key default uuidv7(),
      recording_id uuid not null references streaming_recordings on delete cascade,
      kind text not null check (kind in ('mp4', 'poster')),
      status recording_export_status not null default 'waiting',
      key text,
      bytes bigint,
      sha256 text,
      duration_ms bigint,
      progress real not null default 0,
      reason text not null default '',
      created_at timestamptz not null default now(),
      ready_at timestamptz,
      unique (recording_id, kind)
    );

    create table replay_positions (
      user_id uuid not null references users on delete cascade,
      recording_id uuid not null references streaming_recordings on delete cascade,
      position_ms bigint not null check (position_ms >= 0),
      updated_at timestamptz not null default now(),
      primary key (user_id, recording_id)
    );

    create table webhook_events (
      provider text not null,
      event_id text not null,
      kind text not null,
      body jsonb not null,
      received_at timestamptz not null default now(),
      processed_at timestamptz,
      primary key (provider, event_id)
    );
    create index webhook_events_waiting on webhook_events (received_at) where processed_at is null;
  `.execute(db);
}
