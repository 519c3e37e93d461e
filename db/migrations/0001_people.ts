import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table users (
      id uuid primary key default uuidv7(),
      email text not null check (email = lower(email) and length(email) between 3 and 254),
      name text not null default '' check (length(name) <= 80),
      time_zone text,
      created_at timestamptz not null default now(),
      first_signed_in_at timestamptz,
      disabled_at timestamptz
    );
    create unique index users_email on users (email);

    -- One row a signed-in browser. Only the hash of its cookie is kept, so a copy of this table opens nothing.
    create table sessions (
      id uuid primary key default uuidv7(),
      token_hash bytea not null unique,
      user_id uuid not null references users on delete cascade,
      user_agent text not null default '',
      network_address text not null default '',
      created_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      expires_at timestamptz not null,
      ended_at timestamptz
    );
    create index sessions_user on sessions (user_id) where ended_at is null;

    create table sign_in_codes (
      id uuid primary key default uuidv7(),
      email text not null,
      code_hash text not null,
      browser_hash bytea not null,
      tries integer not null default 0,
      return_to text not null default '/',
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      used_at timestamptz
    );
    create index sign_in_codes_browser on sign_in_codes (browser_hash);
    create index sign_in_codes_expires on sign_in_codes (expires_at);

    -- The store of rate-limiter-flexible; its columns are that package's.
    create table rate_limits (
      key text primary key,
      points integer not null default 0,
      expire bigint
    );

    create table creators_profiles (
      user_id uuid primary key references users on delete cascade,
      username text not null unique check (username ~ '^[a-z0-9][a-z0-9_-]{1,38}$'),
      bio text not null default '' check (length(bio) <= 2000),
      created_at timestamptz not null default now()
    );
  `.execute(db);
}
