import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- New values cannot be compared with before this transaction has ended: the check below compares a name.
    alter type access_grant_source add value 'link';
    alter type access_grant_event_kind add value 'link_taken';

    -- Links by which a creator gives a pass to whoever opens them.
    create table access_pass_links (
      id uuid primary key default uuidv7(),
      access_pass_id uuid not null references access_passes on delete cascade,
      -- For the team alone.
      name text not null check (length(name) between 1 and 80),
      -- The code itself is nowhere: it is made from the id with the server's secret.
      code_hash bytea not null unique check (length(code_hash) = 32),
      -- How many people may take the pass by it; null: as many as want to. And how many have.
      most_uses integer check (most_uses between 1 and 1000000),
      uses integer not null default 0 check (uses >= 0),
      ends_at timestamptz,
      -- The same press, sent twice, makes one link.
      form_key uuid not null unique,
      made_by uuid not null references users,
      created_at timestamptz not null default clock_timestamp(),
      revoked_at timestamptz,
      revoked_by uuid references users,
      check (uses <= most_uses),
      check ((revoked_at is null) = (revoked_by is null))
    );
    create index access_pass_links_of_pass on access_pass_links (access_pass_id, id);

    alter table access_grants
      add column access_pass_link_id uuid references access_pass_links,
      add check ((source::text = 'link') = (access_pass_link_id is not null));
    -- A link gives its pass to each person once.
    create unique index access_grants_once_by_link on access_grants (access_pass_link_id, user_id)
      where access_pass_link_id is not null;
    create index access_grants_by_link on access_grants (access_pass_link_id, id) where access_pass_link_id is not null;

    -- Lists of a creator: all of a pass, those in a state that came by a way, and those that end next.
    create index access_grants_of_pass on access_grants (access_pass_id, id);
    create index access_grants_of_kind on access_grants (access_pass_id, status, source, id) include (ends_at);
    create index access_grants_ending on access_grants (access_pass_id, source, ends_at, id)
      where status = 'active' and ends_at is not null;

    -- Parts of names and addresses. Whoever owns the database may create this extension: it is a trusted one.
    create extension if not exists pg_trgm;
    create index users_found on users using gin ((email || E'\\n' || name) gin_trgm_ops);
  `.execute(db);
}
