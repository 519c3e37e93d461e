import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A new value cannot be compared with before this transaction has ended: the checks below compare its name.
    alter type access_pass_term add value 'months';
    alter type access_grant_source add value 'request';

    alter table access_passes
      -- Calendar months on the clocks of the pass's zone: the same day and time so many months later, and the last day of
      -- a month that has no such day. 31 January 20:00 and one month is 28 February (29 in a leap year) 20:00.
      add column term_months integer check (term_months between 1 and 120),
      -- How many may hold it at once; null: as many as want to.
      add column stock integer check (stock between 0 and 1000000),
      add column sale_starts_at timestamptz,
      add column sale_ends_at timestamptz,
      add column on_sale boolean not null default true,
      add check ((term::text = 'months') = (term_months is not null)),
      add check (term::text <> 'months' or term_time_zone is not null),
      add check (sale_ends_at > sale_starts_at);

    create type access_grant_event_kind as enum (
      'claimed', 'offer_taken', 'given', 'approved', 'extended', 'shortened', 'expired', 'cancelled', 'refunded', 'restored');

    -- What became of each grant, one row a change.
    create table access_grant_events (
      id uuid primary key default uuidv7(),
      access_grant_id uuid not null references access_grants on delete cascade,
      kind access_grant_event_kind not null,
      -- Null: by itself, when its time ran out.
      actor_id uuid references users on delete set null,
      -- Its end before and after; null: without an end, or before it was there.
      ends_before timestamptz,
      ends_after timestamptz,
      reason text not null default '' check (length(reason) <= 500),
      happened_at timestamptz not null default clock_timestamp()
    );
    create index access_grant_events_of_grant on access_grant_events (access_grant_id, happened_at);

    insert into access_grant_events (access_grant_id, kind, actor_id, ends_after, happened_at)
      select id, case source when 'claim' then 'claimed' else 'given' end::access_grant_event_kind,
        case source when 'claim' then user_id else granted_by end, ends_at, created_at
      from access_grants;
    insert into access_grant_events (access_grant_id, kind, ends_before, ends_after, happened_at)
      select id, status::text::access_grant_event_kind, ends_at, ends_at, greatest(status_changed_at, created_at)
      from access_grants where status <> 'active';

    create type access_pass_wait_outcome as enum ('taken', 'left', 'lapsed', 'closed');

    -- Who waits for a seat of a pass that is sold out.
    create table access_pass_waits (
      id uuid primary key default uuidv7(),
      access_pass_id uuid not null references access_passes on delete cascade,
      user_id uuid not null references users on delete cascade,
      -- The order of the list, of all passes; given under the lock of the pass.
      number bigint not null generated always as identity,
      joined_at timestamptz not null default clock_timestamp(),
      -- A seat is kept for them until then.
      offered_at timestamptz,
      offer_until timestamptz,
      mailed_at timestamptz,
      outcome access_pass_wait_outcome,
      ended_at timestamptz,
      check ((offered_at is null) = (offer_until is null)),
      check ((outcome is null) = (ended_at is null))
    );
    -- A person stands in a list at most once; what is over stays as history.
    create unique index access_pass_waits_open on access_pass_waits (access_pass_id, user_id) where outcome is null;
    create index access_pass_waits_order on access_pass_waits (access_pass_id, number) where outcome is null;
    create index access_pass_waits_user on access_pass_waits (user_id, access_pass_id);

    create type access_pass_request_status as enum ('asked', 'approved', 'declined', 'withdrawn', 'closed');

    -- Who asked for a pass that has a price.
    create table access_pass_requests (
      id uuid primary key default uuidv7(),
      access_pass_id uuid not null references access_passes on delete cascade,
      user_id uuid not null references users on delete cascade,
      words text not null default '' check (length(words) <= 500),
      -- What it cost when they asked.
      price_minor integer not null,
      currency text not null,
      status access_pass_request_status not null default 'asked',
      asked_at timestamptz not null default clock_timestamp(),
      decided_at timestamptz,
      decided_by uuid references users on delete set null,
      reason text not null default '' check (length(reason) <= 500),
      access_grant_id uuid references access_grants on delete set null,
      mailed_at timestamptz,
      check ((status = 'asked') = (decided_at is null))
    );
    create unique index access_pass_requests_open on access_pass_requests (access_pass_id, user_id) where status = 'asked';
    create index access_pass_requests_of_pass on access_pass_requests (access_pass_id, id desc);
    create index access_pass_requests_user on access_pass_requests (user_id, access_pass_id);
  `.execute(db);
}
