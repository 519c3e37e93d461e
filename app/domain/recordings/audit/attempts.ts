import { sql } from "kysely";
import type { RecordingStatus } from "#db/types.ts";
import { removeRecording } from "../removal.ts";
import type { Store } from "../stores.ts";
import type { Auditing, Finding } from "./audit.ts";
import { type Group, listGroups, removalOf, sideBySide } from "./groups.ts";
import { auditSegments } from "./segments.ts";

export type AuditedAttempt = {
  folder: string;
  id: string;
  recordingId: string;
  store: Store;
  status: RecordingStatus;
  sealedAt: Date | null;
  removedAt: Date | null;
};

/** What recorders have written, attempt by attempt, and what is known of it. */
export async function* auditAttempts(auditing: Auditing): AsyncGenerator<Finding> {
  const { storage, counts } = auditing;
  const groups = listGroups(storage, { prefix: "recordings/", depth: 3 });
  for await (const [group, attempt] of sideBySide(groups, listAttempts(auditing))) {
    counts.objects += group?.objects.length ?? 0;
    counts.bytes += group?.objects.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
    if (!attempt) yield* withoutAttempt(auditing, group!);
    else if (attempt.removedAt) yield* ofRemoved(attempt, group);
    else yield* auditSegments(auditing, attempt, group?.objects ?? []);
  }
}

const atOnce = 500;

async function* listAttempts({ db }: Auditing): AsyncGenerator<AuditedAttempt> {
  for (let after = ""; ;) {
    const { rows } = await sql<AuditedAttempt>`
      select a.prefix as folder, a.id, a.recording_id as "recordingId", a.store, r.status, a.sealed_at as "sealedAt",
        r.removed_at as "removedAt"
      from streaming_recording_attempts a join streaming_recordings r on r.id = a.recording_id
      where a.prefix collate "C" > ${after} order by a.prefix collate "C" limit ${atOnce}
    `.execute(db);
    yield* rows;
    if (rows.length < atOnce) return;
    after = rows.at(-1)!.folder;
  }
}

function* ofRemoved(
  { folder, recordingId, store }: AuditedAttempt,
  group: Group | undefined,
): Generator<Finding> {
  // The row goes with the last of its bytes.
  if (store === "beside")
    yield {
      kind: "attempt-beside",
      key: folder,
      words: "of a recording that was removed, and not yet gone from the store beside",
    };
  if (!group) return;
  yield {
    kind: "removed-left",
    key: folder,
    words: `${group.objects.length} objects of a recording that was removed`,
    repair: (services) => removeRecording(services, { recordingId }),
  };
}

/**
 * A folder that no attempt has. It is what a removal left only where everything of its stream was removed, after it was
 * written; otherwise the database may have lost the row, and this be all there is of a recording.
 */
async function* withoutAttempt(
  { db, isSettled }: Auditing,
  { folder, objects }: Group,
): AsyncGenerator<Finding> {
  const settled = objects.filter(({ modifiedAt }) => isSettled(modifiedAt));
  if (settled.length === 0) return;
  const newest = settled.reduce(
    (last, { modifiedAt }) => (modifiedAt > last ? modifiedAt : last),
    new Date(0),
  );
  const { rows } = await sql<{ removed: boolean | null }>`
    select bool_and(removed_at is not null) and max(removed_at) > ${newest} as removed
    from streaming_recordings where stream_id::text = ${folder.split("/")[1]}
  `.execute(db);
  if (rows[0]?.removed)
    yield {
      kind: "removed-left",
      key: folder,
      words: `${settled.length} objects of a recording that was removed`,
      repair: removalOf(settled),
    };
  else
    yield { kind: "unknown", key: folder, words: `${settled.length} objects of no recording that is known` };
}
