import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_recording_segments
      -- What is odd about a segment that plays.
      add column remarks text[] not null default '{}',
      -- Which set-up a decoder needs for it; null: nothing of it, or of before this was looked at.
      add column picture text,
      add column sound text,
      -- Null: not looked at.
      add column black boolean,
      add column silent boolean;
    -- The same bytes in another place.
    create index streaming_recording_segments_sha256 on streaming_recording_segments (sha256);

    alter table streaming_recording_attempts
      -- What its recorder's own playlist says that is not so.
      add column playlist_remarks text[] not null default '{}',
      -- Why what it records is not checked up to now.
      add column lag text;

    -- When nothing was to be seen or heard in a recording for long while the host was sending something.
    create table streaming_recording_blanks (
      recording_id uuid not null references streaming_recordings on delete cascade,
      kind text not null check (kind in ('black', 'silent')),
      since timestamptz not null,
      -- Null: it goes on.
      until timestamptz,
      -- What the host was sending that could not be seen or heard: something, or only what was switched off.
      published text not null check (published in ('on', 'off')),
      primary key (recording_id, kind, since)
    );
    create unique index streaming_recording_blanks_open on streaming_recording_blanks (recording_id, kind) where until is null;
  `.execute(db);
}
