import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create type mail_kind as enum (
      'coming', 'reminder', 'live', 'moved', 'cancelled', 'replay', 'access_ends', 'new_stream'
    );
    create type mail_outcome as enum ('sent', 'bounced', 'skipped');

    -- What one person wants to get; without a row: everything but "live now", at the times that hosts chose.
    create table mail_choices (
      person_id uuid primary key references users on delete cascade,
      -- How many minutes before a start they are reminded; null: as its host chose.
      reminder_minutes integer[] check (cardinality(reminder_minutes) <= 10),
      live boolean not null default false,
      new_streams text not null default 'daily' check (new_streams in ('daily', 'each')),
      -- What they have unsubscribed from.
      stopped text[] not null default '{}' check (cardinality(stopped) <= 20),
      all_stopped_at timestamptz,
      -- When new streams were last written about to them.
      new_streams_at timestamptz,
      changed_at timestamptz not null default now()
    );

    -- Addresses that a mail server said do not exist: nothing more is sent there until somebody reads a code from there.
    create table mail_failures (
      address text primary key check (address = lower(address) and length(address) <= 254),
      source text not null check (source in ('smtp', 'webhook')),
      -- The server's code, "550 5.1.1".
      code text not null default '' check (length(code) <= 40),
      failed_at timestamptz not null default clock_timestamp()
    );

    -- One kind of mail about one stream, as it was scheduled in that version; or about the end of one grant.
    create table mailings (
      id uuid primary key default uuidv7(),
      kind mail_kind not null,
      stream_id uuid references streams on delete cascade,
      access_grant_id uuid references access_grants on delete cascade,
      schedule_version integer not null default 0,
      -- Of a reminder.
      minutes_before integer not null default 0,
      due_at timestamptz not null,
      -- From then on nothing of it is sent.
      expires_at timestamptz not null,
      -- Everybody up to this one has their row in mails; all have it since spread_at.
      after_person uuid not null default '00000000-0000-0000-0000-000000000000',
      spread_at timestamptz,
      created_at timestamptz not null default clock_timestamp(),
      check ((kind = 'access_ends') = (access_grant_id is not null)),
      check ((kind = 'access_ends') = (stream_id is null))
    );
    create unique index mailings_of_stream on mailings (stream_id, kind, schedule_version, minutes_before)
      where stream_id is not null;
    create unique index mailings_of_grant on mailings (access_grant_id, expires_at) where access_grant_id is not null;
    create index mailings_due on mailings (due_at) where spread_at is null;

    -- One mail to one person: at most one for each person, stream, kind and schedule version.
    create table mails (
      mailing_id uuid not null references mailings on delete cascade,
      person_id uuid not null references users on delete cascade,
      -- When somebody is to look after it: it is due, is tried again, or its claim has run out. Null when it is settled.
      next_at timestamptz,
      claimed_at timestamptz,
      claims integer not null default 0,
      -- When the mail server took it, by the worker's clock, which follows the database's; settled_at less this is the window
      -- in which a worker that dies leaves a mail that is sent twice.
      accepted_at timestamptz,
      settled_at timestamptz,
      outcome mail_outcome,
      -- Why it was skipped, or waits; for one that bounced the server's code.
      reason text not null default '' check (length(reason) <= 60),
      primary key (mailing_id, person_id),
      check ((outcome is null) = (next_at is not null)),
      check ((outcome is null) = (settled_at is null))
    );
    create index mails_due on mails (next_at) where outcome is null;
    create index mails_of_person on mails (person_id);

    -- Until when what was claimed takes, where mail goes at a limited rate.
    create table mail_pace (
      only_one boolean primary key default true check (only_one),
      free_at timestamptz not null default clock_timestamp()
    );
    insert into mail_pace default values;

    -- Since when whoever is coming has a confirmation on its way: those that have none yet are found by it.
    alter table coming add column mail_planned_at timestamptz;
    update coming set mail_planned_at = since;
    create index coming_unconfirmed on coming (since) where mail_planned_at is null;
    create index follows_of_space_by_person on follows (space_id, person_id);

    alter table streams
      -- How many minutes before it people are reminded; null: a day and ten minutes.
      add column reminder_minutes integer[] check (cardinality(reminder_minutes) <= 10),
      -- For which version and which status the mailings are there.
      add column mail_version integer not null default 0,
      add column mail_status stream_status not null default 'scheduled';

    -- What is scheduled already is no news, but is reminded of.
    update streams set mail_version = schedule_version, mail_status = status;
    insert into mailings (kind, stream_id, schedule_version, minutes_before, due_at, expires_at)
      select 'reminder', s.id, s.schedule_version, m, s.starts_at - make_interval(mins => m),
        s.starts_at + interval '15 minutes'
      from streams s cross join unnest('{10,30,60,180,1440,2880,10080}'::integer[]) m
      where s.status in ('scheduled', 'rehearsal') and s.starts_at - make_interval(mins => m) > now();

    create index streams_mail_behind on streams (id) where mail_version <> schedule_version or mail_status <> status;
  `.execute(db);
}
