import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create type webhook_delivery_status as enum ('waiting', 'taken', 'given_up');
    create type webhook_endpoint_off_reason as enum ('gone', 'dead');

    create table api_keys (
      id uuid primary key default uuidv7(),
      space_id uuid not null references spaces on delete cascade,
      name text not null check (length(name) between 1 and 80),
      -- The first characters of the secret, by which people tell keys apart; the secret itself is nowhere.
      prefix text not null,
      secret_hash bytea not null unique check (length(secret_hash) = 32),
      scopes text[] not null check (cardinality(scopes) > 0),
      -- The same press, sent twice, makes one key.
      form_key uuid not null unique,
      made_by uuid not null references users,
      created_at timestamptz not null default now(),
      last_used_at timestamptz,
      revoked_at timestamptz,
      revoked_by uuid references users
    );
    create index api_keys_space on api_keys (space_id, id);

    create table api_idempotency_keys (
      space_id uuid not null references spaces on delete cascade,
      key text not null check (length(key) between 1 and 255),
      request_hash bytea not null,
      status integer not null,
      body jsonb,
      created_at timestamptz not null default now(),
      primary key (space_id, key)
    );
    create index api_idempotency_keys_created on api_idempotency_keys (created_at);

    create table webhook_endpoints (
      id uuid primary key default uuidv7(),
      space_id uuid not null references spaces on delete cascade,
      url text not null check (length(url) between 8 and 2000),
      events text[] not null check (cardinality(events) > 0),
      secret text not null,
      -- Signs beside the new one until then, while its owner brings the new one in.
      former_secret text,
      former_secret_until timestamptz,
      form_key uuid not null unique,
      made_by uuid not null references users,
      created_at timestamptz not null default now(),
      -- Since when, and how often in a row, it took nothing.
      failing_since timestamptz,
      failed_tries integer not null default 0 check (failed_tries >= 0),
      off_at timestamptz,
      off_reason webhook_endpoint_off_reason,
      off_mailed_at timestamptz,
      check ((off_at is null) = (off_reason is null)),
      check ((former_secret is null) = (former_secret_until is null))
    );
    create index webhook_endpoints_space on webhook_endpoints (space_id, id);

    create table webhook_messages (
      id uuid primary key default uuidv7(),
      space_id uuid not null references spaces on delete cascade,
      type text not null,
      body jsonb not null,
      created_at timestamptz not null default now()
    );
    create index webhook_messages_space on webhook_messages (space_id);
    create index webhook_messages_created on webhook_messages (created_at);

    create table webhook_deliveries (
      id uuid primary key default uuidv7(),
      message_id uuid not null references webhook_messages on delete cascade,
      endpoint_id uuid not null references webhook_endpoints on delete cascade,
      status webhook_delivery_status not null default 'waiting',
      tries integer not null default 0 check (tries >= 0),
      next_try_at timestamptz default now(),
      -- Who sends it right now has until then; a worker that died is missed after it.
      claimed_until timestamptz,
      last_try_at timestamptz,
      last_status integer,
      last_problem text,
      ended_at timestamptz,
      unique (endpoint_id, message_id),
      check ((status = 'waiting') = (next_try_at is not null)),
      check ((status = 'waiting') = (ended_at is null))
    );
    create index webhook_deliveries_message on webhook_deliveries (message_id);
    create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_try_at) where status = 'waiting';
  `.execute(db);
}
