import { sql } from "kysely";
import { spriteShape, tilesIn } from "#app/domain/media/sprite.ts";
import type { Db } from "#db/client.ts";
import { posterKey, type PosterSize } from "./export-poster.ts";
import { sheetKey } from "./export-sprite.ts";
import { isShown, notWithheld } from "./shown.ts";

/** An object in storage that a media URL stands for. */
export type MediaObject = { key: string; bytes: number; etag: string };

/** `asTeam`: also what is hidden from viewers. */
type Of = { streamId: string; recordingId: string; asTeam: boolean };

/** Whether this is a replay of this stream that they may see, with the stream's title for the name of a file. */
export async function findReadyRecording(db: Db, { streamId, recordingId, asTeam }: Of) {
  return db
    .selectFrom("streaming_recordings as r")
    .innerJoin("streams as s", "s.id", "r.stream_id")
    .select(["r.id", "s.title"])
    .where("r.id", "=", recordingId)
    .where("r.stream_id", "=", streamId)
    .where(isShown({ asTeam }))
    .executeTakeFirst();
}

/** Whether a recording, finished or not, was hidden or deleted. */
export async function isWithheld(db: Db, { recordingId, asTeam }: Of): Promise<boolean> {
  const row = await db
    .selectFrom("streaming_recordings as r")
    .select("r.id")
    .where("r.id", "=", recordingId)
    .where(sql<boolean>`not ${notWithheld({ asTeam })}`)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * One verified segment of a recording, finished or not, in the storage that viewers read: what is recorded of a live
 * stream can be watched at once. Of a finished one only what plays; `whole`: also what its edit leaves out. `isLive`: it
 * is not finished.
 */
export async function findSegmentObject(
  db: Db,
  {
    streamId,
    recordingId,
    asTeam,
    attempt,
    number,
    whole,
  }: Of & { attempt: number; number: number; whole: boolean },
): Promise<(MediaObject & { isLive: boolean }) | undefined> {
  const row = await db
    .selectFrom("streaming_recording_segments as g")
    .innerJoin("streaming_recording_attempts as a", "a.id", "g.attempt_id")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .select(["g.key", "g.bytes", "g.sha256", sql<boolean>`r.status <> 'ready'`.as("isLive")])
    .where("r.id", "=", recordingId)
    .where("r.stream_id", "=", streamId)
    .where("r.status", "!=", "failed")
    .where(notWithheld({ asTeam }))
    .where("a.number", "=", attempt)
    .where("g.number", "=", number)
    .where(whole ? sql<boolean>`true` : isNotLeftOut)
    .where("g.problem", "is", null)
    .where("g.awaits_copy", "=", false)
    .executeTakeFirst();
  return row && { key: row.key, bytes: row.bytes, etag: row.sha256, isLive: row.isLive };
}

const isNotLeftOut = sql<boolean>`not exists (
  select from streaming_recording_edits e
  cross join lateral jsonb_to_recordset(e.left_out) as run (attempt integer, first integer, last integer)
  where e.recording_id = r.id and e.number = r.edit
    and run.attempt = a.number and g.number between run.first and run.last
)`;

/**
 * The MP4, the poster or the first sheet of small pictures of a replay, once it is ready. `orEarlier`: while it is made
 * for a new edit, the one of the edit before.
 */
export async function findExportObject(
  db: Db,
  {
    streamId,
    recordingId,
    asTeam,
    kind,
    orEarlier = false,
  }: Of & { kind: "mp4" | "poster" | "sprite"; orEarlier?: boolean },
): Promise<MediaObject | undefined> {
  const row = await db
    .selectFrom("streaming_recording_exports as x")
    .innerJoin("streaming_recordings as r", "r.id", "x.recording_id")
    .select(["x.key", "x.bytes", "x.sha256"])
    .where("r.id", "=", recordingId)
    .where("r.stream_id", "=", streamId)
    .where(isShown({ asTeam }))
    .where("x.kind", "=", kind)
    .where(orEarlier ? sql<boolean>`x.key is not null` : sql<boolean>`x.status = 'ready'`)
    .executeTakeFirst();
  if (!row?.key || row.bytes === null) return undefined;
  return { key: row.key, bytes: row.bytes, etag: row.sha256 ?? "" };
}

/** How the small pictures of a finished recording lie, once all of them are there. */
export async function findSprite(db: Db, of: Of) {
  const first = await findExportObject(db, { ...of, kind: "sprite" });
  if (!first) return undefined;
  const { durationMs } = await db
    .selectFrom("streaming_recordings as r")
    .leftJoin("streaming_recording_edits as e", (join) =>
      join.onRef("e.recording_id", "=", "r.id").onRef("e.number", "=", "r.edit"),
    )
    .select(sql<number>`coalesce(e.duration_ms, r.duration_ms)`.as("durationMs"))
    .where("r.id", "=", of.recordingId)
    .executeTakeFirstOrThrow();
  return { ...spriteShape, tiles: tilesIn(durationMs) };
}

/** The further sheets have no row either. */
export const sheetObjectKey = ({ key }: MediaObject, sheet: number) => sheetKey(key, sheet);

/** The other sizes of a poster have no row: storage knows how long they are. */
export const posterObjectKey = ({ key }: MediaObject, size: PosterSize) => posterKey(key, size);
