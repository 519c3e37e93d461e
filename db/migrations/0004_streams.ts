import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create type stream_status as enum ('scheduled', 'rehearsal', 'live', 'ended', 'cancelled');
    create type stream_ended_reason as enum ('host', 'moderator', 'host_lost');

    create table streams (
      id uuid primary key default uuidv7(),
      experience_id uuid not null references experiences,
      slug text not null check (slug ~ '^[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?$'),
      title text not null check (length(title) between 1 and 120),
      description text not null default '' check (length(description) <= 5000),
      status stream_status not null default 'scheduled',
      -- What the creator chose (wall time and zone) and the instant it means; the instant decides.
      starts_at timestamptz not null,
      wall_time text not null check (wall_time ~ '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}$'),
      time_zone text not null,
      length_minutes integer not null check (length_minutes between 5 and 1440),
      schedule_version integer not null default 1,
      created_by uuid not null references users,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      rehearsal_at timestamptz,
      -- The host broadcast under this key (a form's idempotency key): a repeated press finds its own stream live.
      live_key uuid,
      live_at timestamptz,
      host_absent_since timestamptz,
      ended_at timestamptz,
      ended_reason stream_ended_reason,
      ended_by uuid references users,
      cancelled_at timestamptz,
      peak_viewers integer not null default 0,
      unique (experience_id, slug),
      check ((status in ('live', 'ended')) = (live_at is not null)),
      check ((status = 'ended') = (ended_at is not null)),
      check ((status = 'cancelled') = (cancelled_at is not null))
    );
    create index streams_experience on streams (experience_id, starts_at);
    create index streams_status on streams (status, starts_at);
    create index streams_host_absent on streams (host_absent_since) where host_absent_since is not null;

    -- One host broadcasts at a time: this browser tab of this session.
    create table stream_host_leases (
      stream_id uuid primary key references streams on delete cascade,
      user_id uuid not null references users on delete cascade,
      session_id uuid not null references sessions on delete cascade,
      tab text not null check (length(tab) between 8 and 64),
      taken_at timestamptz not null default now(),
      seen_at timestamptz not null default now()
    );

    -- Who stands behind an opaque LiveKit identity.
    create table stream_participants (
      identity text primary key,
      stream_id uuid not null references streams on delete cascade,
      user_id uuid not null references users on delete cascade,
      session_id uuid not null references sessions on delete cascade,
      tab text not null check (length(tab) between 8 and 64),
      role text not null check (role in ('host', 'viewer')),
      created_at timestamptz not null default now(),
      unique (stream_id, session_id, tab, role)
    );
    create index stream_participants_user on stream_participants (user_id, stream_id);

    -- Presence: who is watching, a set of people in tabs, never a counter. Team members are not an audience.
    create table stream_presence (
      stream_id uuid not null references streams on delete cascade,
      user_id uuid not null references users on delete cascade,
      tab text not null check (length(tab) between 1 and 64),
      audience boolean not null,
      first_seen timestamptz not null default now(),
      last_seen timestamptz not null default now(),
      -- Seen while the stream was live: what "total" counts.
      seen_live boolean not null default false,
      primary key (stream_id, user_id, tab)
    );
    create index stream_presence_seen on stream_presence (stream_id, last_seen);
  `.execute(db);
}
