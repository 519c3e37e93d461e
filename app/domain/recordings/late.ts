import { type RawBuilder, sql } from "kysely";
import { patience } from "./live-playlist.ts";

/** Whether a new segment comes too late for those who watch live: it was waited for, and then no more. */
export const isLate = ({ attemptId, number }: { attemptId: string; number: number }): RawBuilder<boolean> =>
  isTold({ attemptId, after: sql`${number + patience}::integer` });

/**
 * The same for one that is known, when it is written down anew: what did not play until then was waited for by nobody. What
 * was late stays so.
 */
export const isLateNow = (attemptId: string): RawBuilder<boolean> => sql`(streaming_recording_segments.late
  or (streaming_recording_segments.problem is not null
    and ${isTold({ attemptId, after: sql`streaming_recording_segments.number` })}))`;

/** Whether those who watch live may have been told already what comes after a segment, or another attempt. */
const isTold = ({
  attemptId,
  after,
}: {
  attemptId: string;
  after: RawBuilder<number>;
}): RawBuilder<boolean> =>
  sql`(exists (
    select from streaming_recording_segments g where g.attempt_id = ${attemptId}::uuid and g.number > ${after}
  ) or exists (
    select from streaming_recording_attempts mine
    join streaming_recording_attempts a on a.recording_id = mine.recording_id and a.number > mine.number
    join streaming_recording_segments g on g.attempt_id = a.id
    where mine.id = ${attemptId}::uuid
  ))`;
