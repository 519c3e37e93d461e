import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streams
      -- The form that a stream was scheduled with: sent twice, it makes one stream.
      add column form_key uuid,
      -- Which edition of its words and times an editor has before them. schedule_version counts new starts alone.
      add column edit_version integer not null default 1,
      add column edited_by uuid references users on delete set null;
    create unique index streams_form_key on streams (created_by, form_key) where form_key is not null;
  `.execute(db);
}
