import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_recording_exports
      -- How often it was taken up: whoever had it before has nothing more to say.
      add column claims integer not null default 0,
      -- The upload that was begun for it, and where to: whoever takes it up goes on with that.
      add column upload_id text,
      add column upload_key text,
      add check ((upload_id is null) = (upload_key is null));

    -- What storage has of that upload, and sheets of small pictures under the name of their content.
    create table streaming_recording_export_parts (
      export_id uuid not null references streaming_recording_exports on delete cascade,
      upload_id text not null,
      number integer not null check (number > 0),
      bytes bigint not null,
      sha256 text not null,
      etag text not null,
      primary key (export_id, upload_id, number)
    );
  `.execute(db);
}
