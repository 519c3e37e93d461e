import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create type stream_chat_before as enum ('never', 'then', 'always');

    alter table streams
      -- When chat opens: not before the stream is live, half an hour before its start (or at rehearsal), or from the beginning.
      add column chat_before stream_chat_before not null default 'then',
      add column chat_after_minutes integer not null default 30 check (chat_after_minutes between 0 and 10080);

    -- Who did what to whom. Written first; what it calls for outside follows, until the outside agrees.
    create table moderation_acts (
      id uuid primary key default uuidv7(),
      space_id uuid not null references spaces on delete cascade,
      stream_id uuid references streams on delete cascade,
      kind text not null,
      actor_id uuid not null references users,
      target_user_id uuid references users,
      message_id uuid,
      reason text not null default '',
      until timestamptz,
      details jsonb not null default '{}',
      created_at timestamptz not null default clock_timestamp(),
      -- The outside agreed at this instant; null while it has not.
      enforced_at timestamptz,
      outcome text not null default '',
      tries integer not null default 0
    );
    create index moderation_acts_of_space on moderation_acts (space_id, id desc);
    create index moderation_acts_of_stream on moderation_acts (stream_id, id desc);
    create index moderation_acts_waiting on moderation_acts (created_at) where enforced_at is null;

    create table streaming_chat_rooms (
      stream_id uuid primary key references streams on delete cascade,
      -- The channel's id at the chat service: nobody can guess it from the stream's.
      channel_id text not null unique default replace(gen_random_uuid()::text, '-', ''),
      made_at timestamptz,
      slow_mode_seconds integer not null default 0 check (slow_mode_seconds between 0 and 120),
      frozen_at timestamptz,
      -- Whether viewers may send links, too.
      links_allowed boolean not null default false,
      last_number bigint not null default 0,
      -- The chat service could not be reached since then; messages are kept here and sent later, in order.
      away_since timestamptz,
      compared_at timestamptz not null default clock_timestamp()
    );
    create index streaming_chat_rooms_away on streaming_chat_rooms (away_since) where away_since is not null;

    create table streaming_chat_messages (
      id uuid primary key,
      stream_id uuid not null references streams on delete cascade,
      -- Without gaps in a stream, in the order in which they were said.
      number bigint not null,
      user_id uuid not null references users,
      role text not null check (role in ('host', 'moderator', 'viewer')),
      text text not null,
      reply_to uuid,
      said_at timestamptz not null,
      -- Hidden: deleted, and can be shown again for ten seconds. Removed: for ever, without its text.
      status text not null default 'shown' check (status in ('shown', 'hidden', 'removed')),
      hidden_at timestamptz,
      pinned_at timestamptz,
      -- The chat service has it; null: still to be sent.
      delivered_at timestamptz,
      unique (stream_id, number)
    );
    create index streaming_chat_messages_of_person on streaming_chat_messages (stream_id, user_id, number desc);
    create index streaming_chat_messages_waiting on streaming_chat_messages (stream_id, number) where delivered_at is null;
    create index streaming_chat_messages_hidden on streaming_chat_messages (hidden_at) where status = 'hidden';
    create index streaming_chat_messages_pinned on streaming_chat_messages (stream_id) where pinned_at is not null;

    create table streaming_chat_reactions (
      message_id uuid not null references streaming_chat_messages on delete cascade,
      user_id uuid not null references users,
      kind text not null,
      given boolean not null default true,
      changed_at timestamptz not null default clock_timestamp(),
      delivered_at timestamptz,
      primary key (message_id, user_id, kind)
    );
    create index streaming_chat_reactions_waiting on streaming_chat_reactions (changed_at) where delivered_at is null;

    -- Whom we let into the channel, and whom we took out again.
    create table streaming_chat_members (
      stream_id uuid not null references streams on delete cascade,
      user_id uuid not null references users on delete cascade,
      added_at timestamptz not null default clock_timestamp(),
      removed_at timestamptz,
      primary key (stream_id, user_id)
    );

    create table streaming_chat_timeouts (
      id uuid primary key default uuidv7(),
      stream_id uuid not null references streams on delete cascade,
      user_id uuid not null references users on delete cascade,
      until timestamptz not null,
      lifted_at timestamptz,
      reason text not null default '',
      act_id uuid not null references moderation_acts
    );
    create index streaming_chat_timeouts_of_person on streaming_chat_timeouts (stream_id, user_id, until desc) where lifted_at is null;

    create table streaming_chat_reports (
      id uuid primary key default uuidv7(),
      stream_id uuid not null references streams on delete cascade,
      message_id uuid not null references streaming_chat_messages on delete cascade,
      reported_by uuid not null references users on delete cascade,
      reason text not null default '',
      created_at timestamptz not null default clock_timestamp(),
      settled_at timestamptz,
      settled_by uuid references users,
      outcome text not null default '',
      unique (message_id, reported_by)
    );
    create index streaming_chat_reports_open on streaming_chat_reports (stream_id, created_at) where settled_at is null;

    -- The words that a space does not want to read, as they were typed, one a line.
    create table space_blocked_words (
      space_id uuid primary key references spaces on delete cascade,
      lines text[] not null,
      changed_by uuid not null references users,
      changed_at timestamptz not null default clock_timestamp()
    );

    -- A ban from a whole space, or (stream_id) from one of its streams; for good, or to an end.
    alter table space_bans
      add column id uuid not null default uuidv7(),
      add column stream_id uuid references streams on delete cascade,
      add column ends_at timestamptz,
      add column act_id uuid references moderation_acts,
      add column lifted_by uuid references users;
    alter table space_bans drop constraint space_bans_pkey;
    alter table space_bans add primary key (id);
    create unique index space_bans_standing on space_bans (space_id, user_id, stream_id) nulls not distinct where lifted_at is null;
    create view space_bans_in_force as
      select id, space_id, stream_id, user_id, reason, ends_at from space_bans
      where lifted_at is null and (ends_at is null or ends_at > statement_timestamp());

    -- Chat tokens that were issued before this instant are refused by the chat service.
    alter table users add column chat_tokens_after timestamptz;
  `.execute(db);
}
