import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_recording_exports
      -- When somebody is to look after it, if it is still not made by then and nobody makes it.
      add column next_try_at timestamptz not null default clock_timestamp() + interval '10 minutes',
      -- What all its objects take in storage; its bytes are those of the one that its key names.
      add column stored_bytes bigint;

    drop index streaming_recording_exports_working;
    create index streaming_recording_exports_working on streaming_recording_exports (next_try_at)
      where status in ('waiting', 'running');

    -- What was finished before there were small pictures gets them, too: one after the other, so that they are not in the
    -- way of what is finished meanwhile.
    insert into streaming_recording_exports (recording_id, kind, next_try_at)
      select r.id, 'sprite',
        clock_timestamp() + interval '20 seconds' * row_number() over (order by r.created_at desc)
      from streaming_recordings r
      where r.status = 'ready' and r.removed_at is null
      on conflict do nothing;

    alter table streaming_recordings
      -- From then on nothing of it is in storage any more.
      add column emptied_at timestamptz check (emptied_at is null or removed_at is not null),
      -- A worker writes to the owners about it until then.
      add column telling_until timestamptz;

    update streaming_recordings r set emptied_at = r.removed_at
      where r.removed_at is not null
        and not exists (select from streaming_recording_attempts a where a.recording_id = r.id);
    delete from streaming_recording_exports x using streaming_recordings r
      where r.id = x.recording_id and r.emptied_at is not null;

    drop index streaming_recordings_deleted;
    create index streaming_recordings_deleted on streaming_recordings (deleted_at)
      where deleted_at is not null and emptied_at is null;

    create index streaming_recording_segments_broken on streaming_recording_segments (attempt_id)
      where problem is not null;
  `.execute(db);
}
