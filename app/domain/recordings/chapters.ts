import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Database, Db } from "#db/client.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { type KeptRanges, toEdited, toRecorded } from "./edited-time.ts";
import { findEdit } from "./edits.ts";

/** Where something begins, in ms, and what. */
export type Chapter = { atMs: number; title: string };

/** The chapters of a recording in its own time, in order: also those whose moment was cut out. */
export async function listChapters(db: Kysely<Database>, recordingId: string): Promise<Chapter[]> {
  const rows = await db
    .selectFrom("streaming_recording_chapters")
    .select(["at_ms", "title"])
    .where("recording_id", "=", recordingId)
    .orderBy("at_ms")
    .execute();
  return rows.map(({ at_ms, title }) => ({ atMs: at_ms, title }));
}

/**
 * The chapters of what plays, in the time of what plays. One whose beginning was cut begins with the next moment that is
 * there; one of which nothing is left is not among them.
 */
export function chaptersThatPlay(
  chapters: readonly Chapter[],
  kept: KeptRanges,
  durationMs: number,
): Chapter[] {
  return thatPlay(chapters, kept, durationMs).map(({ atMs, title }) => ({ atMs, title }));
}

function thatPlay(
  chapters: readonly Chapter[],
  kept: KeptRanges,
  durationMs: number,
): (Chapter & { recordedMs: number })[] {
  const edited = chapters.map(({ atMs, title }) => ({
    atMs: toEdited(kept, atMs),
    title,
    recordedMs: atMs,
  }));
  return edited.filter(
    ({ atMs }, index) => atMs < durationMs && (edited[index + 1]?.atMs ?? durationMs) > atMs,
  );
}

/** A mark of a list of chapters under an edit, to see whether one of the two is another by now. */
export function versionOf(chapters: readonly Chapter[], edit: number): string {
  const list = chapters.map(({ atMs, title }) => [atMs, title]);
  return createHash("sha256")
    .update(JSON.stringify([edit, list]))
    .digest("hex")
    .slice(0, 16);
}

export type SavedChapters = { ok: true } | { ok: false; reason: "changed_before" | "gone" };

/**
 * Puts a list of chapters, in the time of what plays, in the place of the one that its editor saw (`seen`: its version).
 * Those that are in it as they were stay where they are in the recording, and so do chapters of which nothing plays right
 * now. Refuses when somebody else has changed them or cut the recording, and when it was deleted.
 */
export async function saveChapters(
  db: Db,
  { recordingId, seen, chapters }: { recordingId: string; seen: string; chapters: Chapter[] },
): Promise<SavedChapters> {
  return db.transaction().execute(async (trx) => {
    const recording = await trx
      .selectFrom("streaming_recordings")
      .select(["stream_id as streamId", "duration_ms as durationMs", "edit as editNumber"])
      .where("id", "=", recordingId)
      .where("status", "=", "ready")
      .where("deleted_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!recording) return { ok: false, reason: "gone" };
    const edit = await findEdit(trx, recordingId);
    const kept = edit?.kept ?? null;
    const before = await listChapters(trx, recordingId);
    const playing = thatPlay(before, kept, edit?.durationMs ?? recording.durationMs);
    const version = versionOf(playing, recording.editNumber);
    if (version !== seen)
      return version === versionOf(chapters, recording.editNumber)
        ? { ok: true }
        : { ok: false, reason: "changed_before" };
    const wanted = chapters.map(({ atMs, title }) => {
      const same = playing.find((one) => one.atMs === atMs && one.title === title);
      return { atMs: same?.recordedMs ?? Math.round(toRecorded(kept, atMs)), title };
    });
    const taken = new Set([
      ...wanted.map(({ atMs }) => atMs),
      ...playing.map(({ recordedMs }) => recordedMs),
    ]);
    const rows = [...wanted, ...before.filter(({ atMs }) => !taken.has(atMs))];
    await trx.deleteFrom("streaming_recording_chapters").where("recording_id", "=", recordingId).execute();
    if (rows.length > 0)
      await trx
        .insertInto("streaming_recording_chapters")
        .values(rows.map(({ atMs, title }) => ({ recording_id: recordingId, at_ms: atMs, title })))
        .execute();
    await notifyChange(trx, { kind: "stream", streamId: recording.streamId });
    return { ok: true };
  });
}
