import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import { type Gap, gapsIn, listParts } from "./parts.ts";
import { replayPlaylist } from "./playlist.ts";
import { type RecordingClock, recordingClock } from "./recording-time.ts";

/** What plays of a finished recording; the same for everybody who may see it. */
export type Played = { playlist: string; gaps: Gap[]; clock: RecordingClock };

type Made = { version: string; began: number; played: Promise<Played>; isMade: boolean };

/** What was made lately, by recording, the last asked for at the end: one of six hours is made of 10,000 rows, and takes a MiB. */
const kept = new Map<string, Made>();
const mostKept = 50;
/** What has not come by then may hang: who asks after it begins anew. */
const patienceMs = 2_000;

/**
 * What plays of a finished recording, made once for all who ask. It decides nothing: whoever asks has the decision. Rejects
 * when there is no such recording, or the database is away.
 */
export async function findPlayed(db: Kysely<Database>, recordingId: string): Promise<Played> {
  const version = await versionOf(db, recordingId);
  const known = kept.get(recordingId);
  const isGood = known?.version === version && (known.isMade || performance.now() - known.began < patienceMs);
  const made = isGood ? known : begin(db, recordingId, version);
  kept.delete(recordingId);
  kept.set(recordingId, made);
  if (kept.size > mostKept) kept.delete(kept.keys().next().value!);
  return made.played;
}

function begin(db: Kysely<Database>, recordingId: string, version: string): Made {
  const made: Made = {
    ...{ version, began: performance.now(), isMade: false },
    played: make(db, recordingId),
  };
  const forget = () => kept.get(recordingId) === made && kept.delete(recordingId);
  made.played
    .then(async () => {
      made.isMade = true;
      // Somebody may have cut it meanwhile.
      if ((await versionOf(db, recordingId)) !== version) forget();
    })
    .catch(forget);
  return made;
}

async function make(db: Kysely<Database>, recordingId: string): Promise<Played> {
  const parts = await listParts(db, recordingId);
  return { playlist: replayPlaylist(parts), gaps: gapsIn(parts), clock: recordingClock(parts) };
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
