import { type Kysely, sql } from "kysely";
import { findEdit } from "#app/domain/recordings/edits.ts";
import { isShown } from "#app/domain/recordings/shown.ts";
import type { Database, Db } from "#db/client.ts";
import { captionsThatPlay, toRecordedCues } from "./moved.ts";
import { readVtt, type VttProblem, writeVtt } from "./vtt.ts";

/** Bytes of a file of captions. Those of six hours of talk are half of it. */
export const mostCaptionsBytes = 2 * 1024 * 1024;
export const mostLanguages = 40;

export type CaptionsOf = { streamId: string; recordingId: string; language: string };

export type AddedCaptions =
  | { ok: true; cues: number }
  | { ok: false; reason: "gone" | "too_large" | "too_many" | "silent" | "edited_before" }
  | { ok: false; reason: "wrong"; problems: VttProblem[] };

/**
 * Gives a finished recording of this stream captions in a language, in place of those that it has in it. What is kept is
 * what was understood of the file, written anew, with the times of the recording as it was before anybody cut it; the file
 * has those of what plays by the edit `seen`. Refuses a file with mistakes (`wrong`), one that is too large, one of which
 * everything lies behind the end (`silent`), more languages than a player can offer, a recording that has another edit
 * by now, and one that is not there (`gone`).
 */
export async function addCaptions(
  db: Db,
  { streamId, recordingId, language }: CaptionsOf,
  {
    file,
    fileName,
    actorId,
    seen,
  }: { file: Uint8Array; fileName: string; actorId: string; /** The edit's number. */ seen: number },
): Promise<AddedCaptions> {
  if (file.length > mostCaptionsBytes) return { ok: false, reason: "too_large" };
  const found = readVtt(file);
  if (!found.ok) return { ok: false, reason: "wrong", problems: found.problems };
  return db.transaction().execute(async (trx): Promise<AddedCaptions> => {
    const recording = await trx
      .selectFrom("streaming_recordings")
      .select(["id", "edit"])
      .where("id", "=", recordingId)
      .where("stream_id", "=", streamId)
      .where("status", "=", "ready")
      .forUpdate()
      .executeTakeFirst();
    if (!recording) return { ok: false, reason: "gone" };
    if (recording.edit !== seen) return { ok: false, reason: "edited_before" };
    const kept = (await findEdit(trx, recordingId))?.kept ?? null;
    const cues = toRecordedCues(kept, found.cues);
    if (cues.length === 0) return { ok: false, reason: "silent" };
    const vtt = writeVtt(cues);
    const endsMs = cues.reduce((most, { endMs }) => Math.max(most, endMs), 0);
    const others = (await listCaptions(trx, recordingId)).filter((each) => each.language !== language);
    if (others.length >= mostLanguages) return { ok: false, reason: "too_many" };
    const values = {
      vtt,
      bytes: Buffer.byteLength(vtt),
      cues: cues.length,
      ends_ms: endsMs,
      file_name: fileName,
      added_by: actorId,
    };
    await trx
      .insertInto("streaming_recording_captions")
      .values({ recording_id: recordingId, language, ...values })
      .onConflict((conflict) =>
        conflict
          .columns(["recording_id", "language"])
          .doUpdateSet({ ...values, added_at: sql`clock_timestamp()` }),
      )
      .execute();
    return { ok: true, cues: cues.length };
  });
}

export type ListedCaptions = {
  language: string;
  cues: number;
  endsMs: number;
  fileName: string;
  addedBy: string;
  addedAt: Date;
};

/** The captions of a recording, by their languages. */
export async function listCaptions(db: Kysely<Database>, recordingId: string): Promise<ListedCaptions[]> {
  return db
    .selectFrom("streaming_recording_captions as c")
    .innerJoin("users as u", "u.id", "c.added_by")
    .select([
      "c.language",
      "c.cues",
      "c.ends_ms as endsMs",
      "c.file_name as fileName",
      "c.added_at as addedAt",
    ])
    .select(sql<string>`coalesce(nullif(u.name, ''), u.email)`.as("addedBy"))
    .where("c.recording_id", "=", recordingId)
    .orderBy("c.language")
    .execute();
}

/** What an edit has left of files of captions, made lately: of a large one that is half a second of a processor. */
const edited = new Map<string, { version: string; vtt: string }>();
const mostEdited = 40;

/** The file of captions, as players of what plays read it; undefined when there is none. `asTeam`: also of what is hidden. */
export async function findCaptions(
  db: Db,
  { streamId, recordingId, asTeam, language }: CaptionsOf & { asTeam: boolean },
): Promise<string | undefined> {
  const row = await db
    .selectFrom("streaming_recording_captions as c")
    .innerJoin("streaming_recordings as r", "r.id", "c.recording_id")
    .select(["r.edit", sql<string>`extract(epoch from c.added_at)::text`.as("addedAt")])
    .where("r.id", "=", recordingId)
    .where("r.stream_id", "=", streamId)
    .where(isShown({ asTeam }))
    .where("c.language", "=", language)
    .executeTakeFirst();
  if (!row) return undefined;
  const key = `${recordingId} ${language}`;
  const version = `${row.edit} ${row.addedAt}`;
  const known = edited.get(key);
  if (known?.version === version) return known.vtt;
  const vtt = await readFile(db, { recordingId, language });
  const edit = await findEdit(db, recordingId);
  if (!edit || vtt === undefined) return vtt;
  const playing = captionsThatPlay(vtt, edit.kept);
  if (edited.size >= mostEdited) edited.clear();
  // Not where somebody has cut it just now.
  if (edit.number === row.edit) edited.set(key, { version, vtt: playing });
  return playing;
}

async function readFile(
  db: Db,
  { recordingId, language }: Pick<CaptionsOf, "recordingId" | "language">,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("streaming_recording_captions")
    .select("vtt")
    .where("recording_id", "=", recordingId)
    .where("language", "=", language)
    .executeTakeFirst();
  return row?.vtt;
}

/** Takes captions away. False when there are none, which is normal: somebody else did it. */
export async function deleteCaptions(
  db: Db,
  { recordingId, language }: Pick<CaptionsOf, "recordingId" | "language">,
): Promise<boolean> {
  const deleted = await db
    .deleteFrom("streaming_recording_captions")
    .where("recording_id", "=", recordingId)
    .where("language", "=", language)
    .returning("language")
    .executeTakeFirst();
  return deleted !== undefined;
}
