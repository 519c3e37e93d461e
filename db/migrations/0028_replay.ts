import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_recording_exports drop constraint streaming_recording_exports_kind_check;
    alter table streaming_recording_exports
      add constraint streaming_recording_exports_kind_check check (kind in ('mp4', 'poster', 'sprite'));

    -- The captions of a recording, one file a language, as we wrote it again after it was read.
    create table streaming_recording_captions (
      recording_id uuid not null references streaming_recordings on delete cascade,
      -- BCP 47, in its canonical form.
      language text not null,
      vtt text not null,
      bytes integer not null,
      cues integer not null,
      ends_ms bigint not null,
      file_name text not null default '',
      added_by uuid not null references users,
      added_at timestamptz not null default clock_timestamp(),
      primary key (recording_id, language)
    );
  `.execute(db);
}
