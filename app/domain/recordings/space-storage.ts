import { sql } from "kysely";
import type { Db } from "#db/client.ts";

/** What the recordings of a space take in storage, in bytes. */
export type SpaceStorage = {
  recordings: number;
  recordedBytes: number;
  /** Their MP4s, pictures and captions. */
  exportedBytes: number;
  /** Of all that, what was deleted and can still be restored. */
  deletedBytes: number;
};

/** Sums up what the recordings of a space have in storage. */
export async function findSpaceStorage(db: Db, spaceId: string): Promise<SpaceStorage> {
  const { rows } = await sql<SpaceStorage>`
    select count(*) filter (where kept.status = 'ready' or kept.recorded + kept.exported > 0)::integer as recordings,
      coalesce(sum(kept.recorded), 0)::bigint as "recordedBytes",
      coalesce(sum(kept.exported), 0)::bigint as "exportedBytes",
      coalesce(sum(kept.recorded + kept.exported) filter (where kept.deleted_at is not null), 0)::bigint as "deletedBytes"
    from (
      select r.deleted_at, r.status,
        -- The sum of what plays is written down when it is finished; until then all segments are counted.
        case when r.status = 'ready' then r.bytes else 0 end + coalesce((
          select sum(g.bytes) from streaming_recording_attempts a
          join streaming_recording_segments g on g.attempt_id = a.id and (r.status <> 'ready' or g.problem is not null)
          where a.recording_id = r.id
        ), 0) as recorded,
        coalesce((
          select sum(coalesce(x.stored_bytes, x.bytes)) from streaming_recording_exports x
          where x.recording_id = r.id and x.key is not null
        ), 0) + coalesce((
          select sum(c.bytes) from streaming_recording_captions c where c.recording_id = r.id
        ), 0) as exported
      from streaming_recordings r
      join streams s on s.id = r.stream_id
      join experiences e on e.id = s.experience_id
      where e.space_id = ${spaceId}::uuid and r.removed_at is null
    ) kept
  `.execute(db);
  return rows[0]!;
}
