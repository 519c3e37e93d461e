import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create type access_pass_term as enum ('open', 'days', 'until');
    create type access_at_expiry as enum ('finish', 'cut');
    create type access_grant_status as enum ('active', 'expired', 'cancelled', 'refunded');
    create type access_grant_source as enum ('claim', 'given');

    create table access_passes (
      id uuid primary key default uuidv7(),
      space_id uuid not null references spaces on delete cascade,
      slug text not null check (slug ~ '^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$'),
      name text not null check (length(name) between 1 and 80),
      description text not null default '' check (length(description) <= 5000),
      price_minor integer not null default 0 check (price_minor >= 0),
      currency text not null default 'EUR' check (currency ~ '^[A-Z]{3}$'),
      term access_pass_term not null default 'open',
      term_days integer check (term_days between 1 and 3660),
      term_until timestamptz,
      at_expiry access_at_expiry not null default 'finish',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      retired_at timestamptz,
      unique (space_id, slug),
      check ((term = 'days') = (term_days is not null)),
      check ((term = 'until') = (term_until is not null))
    );

    create table access_pass_experiences (
      access_pass_id uuid not null references access_passes on delete cascade,
      experience_id uuid not null references experiences on delete cascade,
      primary key (access_pass_id, experience_id)
    );
    create index access_pass_experiences_experience on access_pass_experiences (experience_id);

    create table access_grants (
      id uuid primary key default uuidv7(),
      access_pass_id uuid not null references access_passes,
      user_id uuid not null references users on delete cascade,
      status access_grant_status not null default 'active',
      source access_grant_source not null,
      starts_at timestamptz not null default now(),
      ends_at timestamptz,
      granted_by uuid references users,
      reason text not null default '' check (length(reason) <= 500),
      mailed_at timestamptz,
      created_at timestamptz not null default now(),
      status_changed_at timestamptz not null default now(),
      check (ends_at is null or ends_at > starts_at)
    );
    -- A person holds a pass at most once at a time; what has ended stays as history.
    create unique index access_grants_active on access_grants (access_pass_id, user_id) where status = 'active';
    create index access_grants_user on access_grants (user_id, access_pass_id);
    create index access_grants_ends on access_grants (ends_at) where status = 'active' and ends_at is not null;
  `.execute(db);
}
