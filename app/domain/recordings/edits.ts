import { type Kysely, sql, type Transaction } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { cutSegments, type LeftOut } from "./cutting.ts";
import type { EditList } from "./edit-list.ts";
import type { Kept } from "./edited-time.ts";
import { listRecordedParts } from "./parts.ts";
import { remakeExports } from "./remake.ts";

type Trx = Transaction<Database>;

/** The edit that plays. */
export type Edit = {
  number: number;
  kept: Kept[];
  leftOut: LeftOut[];
  durationMs: number;
  madeAt: Date;
  /** A name, or a mail address where there is none. */
  madeBy: string;
};

/** What was cut from a recording, or undefined while it plays as it was recorded. */
export async function findEdit(db: Kysely<Database>, recordingId: string): Promise<Edit | undefined> {
  const { rows } = await sql<Edit>`
    select e.number, e.kept, e.left_out as "leftOut", e.duration_ms as "durationMs", e.made_at as "madeAt",
      coalesce(nullif(u.name, ''), u.email) as "madeBy"
    from streaming_recordings r
    join streaming_recording_edits e on e.recording_id = r.id and e.number = r.edit
    join users u on u.id = e.made_by
    where r.id = ${recordingId}::uuid
  `.execute(db);
  return rows[0];
}

/** What an edit keeps, whether or not it is the one that plays; undefined when there is none of this number. */
export async function findKept(
  db: Kysely<Database>,
  { recordingId, number }: { recordingId: string; number: number },
): Promise<Kept[] | undefined> {
  const { rows } = await sql<Pick<Edit, "kept">>`
    select e.kept from streaming_recording_edits e
    where e.recording_id = ${recordingId}::uuid and e.number = ${number}::integer
  `.execute(db);
  return rows[0]?.kept;
}

export type Edited =
  | { ok: true; changed: boolean }
  | { ok: false; reason: "nothing_left" | "changed_before" | "gone" }
  /** A cut that is shorter than a segment and would do nothing. */
  | { ok: false; reason: "idle"; cut: Kept };

type By = { recordingId: string; userId: string; /** The edit that the editor saw. */ seen: number };

/**
 * Cuts a finished recording: a new edit that follows on the one that its editor saw, and the exports made anew for it.
 * Nothing is encoded again and no segment is touched. Refuses an edit that would leave nothing, one with a cut that does
 * nothing, and one that was made of an edit that is not the latest.
 */
export async function saveEdit(
  db: Db,
  queue: Queue,
  { recordingId, userId, seen, edit }: By & { edit: EditList },
): Promise<Edited> {
  const { kept, leftOut, durationMs, idle } = cutSegments(await listRecordedParts(db, recordingId), edit);
  if (kept.length === 0) return { ok: false, reason: "nothing_left" };
  if (idle[0]) return { ok: false, reason: "idle", cut: idle[0] };
  return db.transaction().execute(async (trx) => {
    const recording = await lockEditable(trx, recordingId);
    if (!recording) return { ok: false, reason: "gone" };
    const before = await findEdit(trx, recordingId);
    if (inWords(before?.leftOut ?? []) === inWords(leftOut)) return { ok: true, changed: false };
    if (recording.edit !== seen) return { ok: false, reason: "changed_before" };
    const { rows } = await sql<{ number: number }>`
      insert into streaming_recording_edits (recording_id, number, follows, kept, left_out, duration_ms, made_by)
      select ${recordingId}::uuid, coalesce(max(number), 0) + 1, ${seen}::integer, ${JSON.stringify(kept)}::jsonb,
        ${JSON.stringify(leftOut)}::jsonb, ${durationMs}::bigint, ${userId}::uuid
      from streaming_recording_edits where recording_id = ${recordingId}::uuid
      returning number
    `.execute(trx);
    await switchTo(trx, queue, { recordingId, streamId: recording.streamId, edit: rows[0]!.number });
    return { ok: true, changed: true };
  });
}

/** Goes back to the edit before the one that was seen, or to the recording as it was; undone already is fine. */
export async function undoEdit(
  db: Db,
  queue: Queue,
  { recordingId, seen }: Omit<By, "userId">,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const recording = await lockEditable(trx, recordingId);
    if (!recording || recording.edit !== seen) return false;
    const edit = await trx
      .selectFrom("streaming_recording_edits")
      .select("follows")
      .where("recording_id", "=", recordingId)
      .where("number", "=", seen)
      .executeTakeFirst();
    if (!edit) return false;
    await switchTo(trx, queue, { recordingId, streamId: recording.streamId, edit: edit.follows });
    return true;
  });
}

/** A finished recording, for one who changes it; undefined when it was deleted. */
export async function lockEditable(trx: Trx, recordingId: string) {
  return trx
    .selectFrom("streaming_recordings")
    .select(["edit", "stream_id as streamId"])
    .where("id", "=", recordingId)
    .where("status", "=", "ready")
    .where("deleted_at", "is", null)
    .forUpdate()
    .executeTakeFirst();
}

async function switchTo(
  trx: Trx,
  queue: Queue,
  { recordingId, streamId, edit }: { recordingId: string; streamId: string; edit: number },
): Promise<void> {
  await trx.updateTable("streaming_recordings").set({ edit }).where("id", "=", recordingId).execute();
  await remakeExports(trx, queue, { recordingId });
  await notifyChange(trx, { kind: "stream", streamId });
}

const inWords = (leftOut: LeftOut[]) =>
  leftOut.map(({ attempt, first, last }) => `${attempt}: ${first} to ${last}`).join(", ");
