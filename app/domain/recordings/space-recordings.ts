import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { endsByRule, isUnderRule, warningDays } from "./space-rule.ts";
import { graceDays } from "./withholding.ts";

/** A recording of a space, in the list of what takes its storage. */
export type SpaceRecording = {
  streamId: string;
  title: string;
  /** Of its recording and of its files. */
  bytes: number;
  /** When the rule deletes it; null: it does not, or it is deleted already. */
  endsAt: Date | null;
  /** Deleted; until when it can be restored. */
  restorableUntil: Date | null;
};

export const mostListed = 100;

/** The recordings of a space that are finished and still in storage, those that go first in front. */
export async function listSpaceRecordings(db: Db, spaceId: string): Promise<SpaceRecording[]> {
  const { rows } = await sql<SpaceRecording>`
    select s.id as "streamId", s.title,
      (r.bytes + coalesce((
        select sum(coalesce(x.stored_bytes, x.bytes)) from streaming_recording_exports x
        where x.recording_id = r.id and x.key is not null
      ), 0))::bigint as bytes,
      case when ${isUnderRule} and sp.retired_at is null and sp.recording_days is not null then greatest(
        ${endsByRule}, coalesce(r.warned_at, clock_timestamp()) + make_interval(days => ${warningDays})
      ) end as "endsAt",
      r.deleted_at + make_interval(days => ${graceDays}) as "restorableUntil"
    from streaming_recordings r
    join streams s on s.id = r.stream_id
    join experiences e on e.id = s.experience_id
    join spaces sp on sp.id = e.space_id
    where sp.id = ${spaceId}::uuid and r.status = 'ready' and r.removed_at is null
    order by coalesce(r.deleted_at + make_interval(days => ${graceDays}), ${endsByRule}) nulls last, r.created_at desc
    limit ${mostListed}
  `.execute(db);
  return rows;
}
