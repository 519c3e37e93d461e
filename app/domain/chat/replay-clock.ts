import { type Kysely, sql } from "kysely";
import { listParts } from "#app/domain/recordings/parts.ts";
import { type RecordingClock, recordingClock } from "#app/domain/recordings/recording-time.ts";
import { findReplayId } from "#app/domain/recordings/replay.ts";
import type { Database } from "#db/client.ts";

/** Clocks that were made lately, by recording: one of six hours is made of 10,000 rows. */
const made = new Map<string, { version: string; clock: RecordingClock }>();
const mostKept = 200;

/** The clock of what plays of a stream's replay; undefined while there is none. */
export async function findReplayClock(
  db: Kysely<Database>,
  streamId: string,
): Promise<RecordingClock | undefined> {
  const recordingId = await findReplayId(db, streamId);
  if (!recordingId) return undefined;
  const version = await versionOf(db, recordingId);
  const kept = made.get(recordingId);
  if (kept?.version === version) return kept.clock;
  const clock = recordingClock(await listParts(db, recordingId));
  if (made.size >= mostKept) made.clear();
  // Not where somebody has cut it meanwhile.
  if ((await versionOf(db, recordingId)) === version) made.set(recordingId, { version, clock });
  return clock;
}

/** Another edit, or another finishing, plays something else. */
async function versionOf(db: Kysely<Database>, recordingId: string): Promise<string> {
  const row = await db
    .selectFrom("streaming_recordings")
    .select(sql<string>`concat_ws(' ', edit, duration_ms, bytes, extract(epoch from ready_at))`.as("version"))
    .where("id", "=", recordingId)
    .executeTakeFirstOrThrow();
  return row.version;
}
