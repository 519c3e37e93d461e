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
  const edited = chapters.map(({ atMs, title }) => ({ atMs: toEdited(kept, atMs), title }));
  return edited.filter(
    ({ atMs }, index) => atMs < durationMs && (edited[index + 1]?.atMs ?? durationMs) > atMs,
  );
}

/** A mark of a list of chapters, to see whether it is another one by now. */
export const versionOf = (chapters: readonly Chapter[]): string =>
  createHash("sha256").update(JSON.stringify(chapters)).digest("hex").slice(0, 16);

export type SavedChapters = { ok: true } | { ok: false; reason: "changed_before" | "gone" };

/**
 * Puts a list of chapters, in the time of what plays, in the place of the one that its editor saw (`seen`: its version).
 * Chapters of which nothing plays right now stay as they are. Refuses when somebody else has changed them, and when the
 * recording was deleted.
 */
export async function saveChapters(
  db: Db,
  { recordingId, seen, chapters }: { recordingId: string; seen: string; chapters: Chapter[] },
): Promise<SavedChapters> {
  return db.transaction().execute(async (trx) => {
    const recording = await trx
      .selectFrom("streaming_recordings")
      .select(["stream_id as streamId", "duration_ms as durationMs"])
      .where("id", "=", recordingId)
      .where("status", "=", "ready")
      .where("deleted_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!recording) return { ok: false, reason: "gone" };
    const edit = await findEdit(trx, recordingId);
    const kept = edit?.kept ?? null;
    const durationMs = edit?.durationMs ?? recording.durationMs;
    const before = await listChapters(trx, recordingId);
    const playing = chaptersThatPlay(before, kept, durationMs);
    const wanted = chapters.map(({ atMs, title }) => ({ atMs: Math.round(toRecorded(kept, atMs)), title }));
    if (versionOf(playing) !== seen)
      return versionOf(playing) === versionOf(chapters)
        ? { ok: true }
        : { ok: false, reason: "changed_before" };
    const silent = before.filter((one) => {
      const at = toEdited(kept, one.atMs);
      return !playing.some(({ atMs, title }) => atMs === at && title === one.title);
    });
    const taken = new Set(wanted.map(({ atMs }) => atMs));
    const rows = [...wanted, ...silent.filter(({ atMs }) => !taken.has(atMs))];
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
