import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create type space_role as enum ('owner', 'host', 'moderator');

    create table spaces (
      id uuid primary key default uuidv7(),
      slug text not null unique check (slug ~ '^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$'),
      name text not null check (length(name) between 1 and 80),
      description text not null default '' check (length(description) <= 5000),
      created_by uuid not null references users,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      retired_at timestamptz
    );

    create table space_members (
      space_id uuid not null references spaces on delete cascade,
      user_id uuid not null references users on delete cascade,
      role space_role not null,
      created_at timestamptz not null default now(),
      primary key (space_id, user_id)
    );
    create index space_members_user on space_members (user_id);

    -- The code in an invitation's link is derived from the id with the server's secret, so none is stored.
    create table space_invites (
      id uuid primary key default uuidv7(),
      space_id uuid not null references spaces on delete cascade,
      email text not null check (email = lower(email)),
      role space_role not null,
      invited_by uuid not null references users,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      mailed_at timestamptz,
      accepted_at timestamptz,
      accepted_by uuid references users,
      revoked_at timestamptz
    );
    create unique index space_invites_open on space_invites (space_id, email) where accepted_at is null and revoked_at is null;

    create table space_bans (
      space_id uuid not null references spaces on delete cascade,
      user_id uuid not null references users on delete cascade,
      banned_by uuid not null references users,
      reason text not null default '',
      created_at timestamptz not null default now(),
      lifted_at timestamptz,
      primary key (space_id, user_id)
    );

    create table experiences (
      id uuid primary key default uuidv7(),
      space_id uuid not null references spaces on delete cascade,
      slug text not null check (slug ~ '^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$'),
      name text not null check (length(name) between 1 and 80),
      description text not null default '' check (length(description) <= 5000),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      retired_at timestamptz,
      unique (space_id, slug)
    );
  `.execute(db);
}
