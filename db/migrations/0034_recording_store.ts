import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_recording_attempts
      -- Where its recorder writes: to the storage that viewers read, or to the store beside it.
      add column store text not null default 'main' check (store in ('main', 'beside')),
      -- Which one beside it that is: another one may be configured later.
      add column store_at text,
      -- A worker copies from the store beside until then, and it has been taken up so many times.
      add column copy_until timestamptz,
      add column copy_claims integer not null default 0,
      -- A job for that waits since then.
      add column copy_asked_at timestamptz,
      -- So many times in a row it could not, and it is tried again from then on.
      add column copy_failures integer not null default 0,
      add column copy_after timestamptz,
      add check ((store = 'beside') = (store_at is not null));

    alter table streaming_recording_segments
      -- It lies in the store beside, and not yet in the storage that viewers read.
      add column awaits_copy boolean not null default false,
      -- It waits, and the store beside has not given it since then.
      add column ungiven_since timestamptz,
      -- What the storage that viewers read calls its copy.
      add column copied_etag text;

    create index streaming_recording_segments_waiting on streaming_recording_segments (attempt_id, number)
      where awaits_copy and problem is null;
  `.execute(db);
}
