import type { Kysely } from "kysely";
import { findPlayed } from "#app/domain/recordings/played.ts";
import type { RecordingClock } from "#app/domain/recordings/recording-time.ts";
import { findReplayId } from "#app/domain/recordings/replay.ts";
import type { Database } from "#db/client.ts";

/** The clock of what plays of a stream's replay; undefined while there is none. */
export async function findReplayClock(
  db: Kysely<Database>,
  streamId: string,
): Promise<RecordingClock | undefined> {
  const recordingId = await findReplayId(db, streamId);
  return recordingId === undefined ? undefined : (await findPlayed(db, recordingId)).clock;
}
