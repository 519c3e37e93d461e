import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Streams that come again. What stands here is what the next ones are made of; the streams themselves are rows of
    -- streams, made some time ahead.
    create table stream_series (
      id uuid primary key default uuidv7(),
      experience_id uuid not null references experiences,
      title text not null check (length(title) between 1 and 120),
      description text not null default '' check (length(description) <= 5000),
      length_minutes integer not null check (length_minutes between 5 and 1440),
      chat_before stream_chat_before not null,
      chat_after_minutes integer not null check (chat_after_minutes between 0 and 10080),
      -- Days and times as clocks of time_zone show them. Of a month it is the weekday of first_day in its place: the
      -- second Tuesday, or the last one.
      repeats text not null check (repeats in ('weekly', 'fortnightly', 'monthly', 'monthly_last')),
      first_day text not null check (first_day ~ '^\\d{4}-\\d{2}-\\d{2}$'),
      clock text not null check (clock ~ '^\\d{2}:\\d{2}$'),
      time_zone text not null,
      -- It ends with one of the two. Days are in the order of the alphabet.
      until_day text check (until_day ~ '^\\d{4}-\\d{2}-\\d{2}$'),
      times integer check (times between 1 and 104),
      -- The last of its days, as it follows from the above; null when none is left.
      last_day text check (last_day ~ '^\\d{4}-\\d{2}-\\d{2}$'),
      -- From when on the next stream can be made; null when all of them are.
      make_at timestamptz,
      created_by uuid not null references users,
      -- The form that it was made with: sent twice, it makes one series.
      form_key uuid not null,
      created_at timestamptz not null default now(),
      edit_version integer not null default 1,
      edited_by uuid references users on delete set null,
      unique (created_by, form_key),
      check (num_nonnulls(until_day, times) = 1)
    );
    create index stream_series_make_at on stream_series (make_at) where make_at is not null;

    alter table streams
      add column series_id uuid references stream_series,
      -- The day of the series that it was made for. It stays when the stream is moved.
      add column series_day text check (series_day ~ '^\\d{4}-\\d{2}-\\d{2}$'),
      add check ((series_id is null) = (series_day is null));
    create unique index streams_series on streams (series_id, series_day) where series_id is not null;
  `.execute(db);
}
