import { type Kysely, sql } from "kysely";
import { languageItself } from "#app/domain/captions/languages.ts";
import type { Database, Db } from "#db/client.ts";
import { type Chapter, chaptersThatPlay, listChapters } from "./chapters.ts";
import { toEdited, toRecorded } from "./edited-time.ts";
import { findEdit, findKept } from "./edits.ts";
import type { Gap } from "./parts.ts";
import { findPlayed } from "./played.ts";
import { isShown } from "./shown.ts";

/** What the replay's player needs. */
export type Replay = {
  streamId: string;
  recordingId: string;
  /** The number of its edit: another one plays something else. */
  edit: number;
  title: string;
  /** Of what plays; so are all times here. */
  durationMs: number;
  /** Where this person stopped; 0 at first, and when they had come to the end. */
  positionMs: number;
  hasMp4: boolean;
  /** How far the file that plays everywhere is, 0 to 1; null when it could not be made. */
  mp4Progress: number | null;
  hasPoster: boolean;
  /** Each by the name that its language has in itself. */
  captions: { language: string; name: string }[];
  gaps: Gap[];
  chapters: Chapter[];
};

/**
 * The replay of a stream for one person, or undefined while there is none. Decides nothing: the caller has asked
 * `findAccess`.
 */
export async function findReplay(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<Replay | undefined> {
  const row = await db
    .selectFrom("streaming_recordings as r")
    .innerJoin("streams as s", "s.id", "r.stream_id")
    .leftJoin("replay_positions as p", (join) =>
      join.onRef("p.recording_id", "=", "r.id").on("p.user_id", "=", userId),
    )
    .leftJoin("streaming_recording_exports as f", (join) =>
      join.onRef("f.recording_id", "=", "r.id").on("f.kind", "=", "mp4"),
    )
    .select(["r.id", "s.title", "r.duration_ms", "p.position_ms", "r.edit"])
    .select(["f.status as file_status", "f.progress as file_progress"])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom("streaming_recording_exports as x")
          .select("x.id")
          .whereRef("x.recording_id", "=", "r.id")
          .where("x.kind", "=", "poster")
          .where("x.status", "=", "ready"),
      ).as("poster"),
    )
    .where("r.stream_id", "=", streamId)
    .where(isShown())
    .orderBy("r.created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const edit = row.edit > 0 ? await findEdit(db, row.id) : undefined;
  const durationMs = edit?.durationMs ?? row.duration_ms;
  const positionMs = toEdited(edit?.kept ?? null, row.position_ms ?? 0);
  return {
    streamId,
    recordingId: row.id,
    edit: row.edit,
    title: row.title,
    durationMs,
    positionMs: positionMs > durationMs - 5000 ? 0 : positionMs,
    hasMp4: row.file_status === "ready",
    mp4Progress: row.file_status === "failed" ? null : (row.file_progress ?? 0),
    hasPoster: Boolean(row.poster),
    captions: await listLanguages(db, row.id),
    gaps: (await findPlayed(db, row.id)).gaps,
    chapters: chaptersThatPlay(await listChapters(db, row.id), edit?.kept ?? null, durationMs),
  };
}

/** Whether a stream has a replay. */
export async function hasReplay(db: Kysely<Database>, streamId: string): Promise<boolean> {
  return (await findReplayId(db, streamId)) !== undefined;
}

/** The recording that a stream's replay is of, or undefined while there is none. `asTeam`: also one that is hidden. */
export async function findReplayId(
  db: Kysely<Database>,
  streamId: string,
  { asTeam = false } = {},
): Promise<string | undefined> {
  const row = await db
    .selectFrom("streaming_recordings as r")
    .select("r.id")
    .where("r.stream_id", "=", streamId)
    .where(isShown({ asTeam }))
    .orderBy("r.created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

async function listLanguages(db: Kysely<Database>, recordingId: string): Promise<Replay["captions"]> {
  const rows = await db
    .selectFrom("streaming_recording_captions")
    .select("language")
    .where("recording_id", "=", recordingId)
    .execute();
  return rows
    .map(({ language }) => ({ language, name: languageItself(language) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Remembers where a person is in a replay of this stream, which plays by `edit` for them (by another one for others, maybe),
 * as a moment of the recording, so that an edit does not move them. False when there is no such replay, or edit.
 */
export async function saveReplayPosition(
  db: Db,
  {
    userId,
    streamId,
    recordingId,
    positionMs,
    edit,
  }: { userId: string; streamId: string; recordingId: string; positionMs: number; edit: number },
): Promise<boolean> {
  const kept = edit === 0 ? null : await findKept(db, { recordingId, number: edit });
  if (kept === undefined) return false;
  const recordedMs = toRecorded(kept, positionMs);
  const { rows } = await sql`
    insert into replay_positions (user_id, recording_id, position_ms)
    select ${userId}::uuid, r.id, least(${Math.round(recordedMs)}::bigint, r.duration_ms)
    from streaming_recordings r
    where r.id = ${recordingId}::uuid and r.stream_id = ${streamId}::uuid and ${isShown()}
    on conflict (user_id, recording_id)
      do update set position_ms = excluded.position_ms, updated_at = now()
    returning recording_id
  `.execute(db);
  return rows.length > 0;
}
