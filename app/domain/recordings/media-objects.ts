import { spriteShape, tilesIn } from "#app/domain/media/sprite.ts";
import type { Db } from "#db/client.ts";
import { posterKey, type PosterSize } from "./export-poster.ts";
import { sheetKey } from "./export-sprite.ts";

/** An object in storage that a media URL stands for. */
export type MediaObject = { key: string; bytes: number; etag: string };

type Of = { streamId: string; recordingId: string };

/** Whether this is a finished recording of this stream, with the stream's title for the name of a file. */
export async function findReadyRecording(db: Db, { streamId, recordingId }: Of) {
  return db
    .selectFrom("streaming_recordings as r")
    .innerJoin("streams as s", "s.id", "r.stream_id")
    .select(["r.id", "s.title", "s.live_at as liveAt"])
    .where("r.id", "=", recordingId)
    .where("r.stream_id", "=", streamId)
    .where("r.status", "=", "ready")
    .executeTakeFirst();
}

/** One verified segment of a finished recording. */
export async function findSegmentObject(
  db: Db,
  { streamId, recordingId, attempt, number }: Of & { attempt: number; number: number },
): Promise<MediaObject | undefined> {
  const row = await db
    .selectFrom("streaming_recording_segments as g")
    .innerJoin("streaming_recording_attempts as a", "a.id", "g.attempt_id")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .select(["g.key", "g.bytes", "g.sha256"])
    .where("r.id", "=", recordingId)
    .where("r.stream_id", "=", streamId)
    .where("r.status", "=", "ready")
    .where("a.number", "=", attempt)
    .where("g.number", "=", number)
    .where("g.problem", "is", null)
    .executeTakeFirst();
  return row && { key: row.key, bytes: row.bytes, etag: row.sha256 };
}

/** The MP4, the poster or the first sheet of small pictures of a finished recording, once it is ready. */
export async function findExportObject(
  db: Db,
  { streamId, recordingId, kind }: Of & { kind: "mp4" | "poster" | "sprite" },
): Promise<MediaObject | undefined> {
  const row = await db
    .selectFrom("streaming_recording_exports as x")
    .innerJoin("streaming_recordings as r", "r.id", "x.recording_id")
    .select(["x.key", "x.bytes", "x.sha256"])
    .where("r.id", "=", recordingId)
    .where("r.stream_id", "=", streamId)
    .where("r.status", "=", "ready")
    .where("x.kind", "=", kind)
    .where("x.status", "=", "ready")
    .executeTakeFirst();
  if (!row?.key || row.bytes === null) return undefined;
  return { key: row.key, bytes: row.bytes, etag: row.sha256 ?? "" };
}

/** How the small pictures of a finished recording lie, once all of them are there. */
export async function findSprite(db: Db, of: Of) {
  const first = await findExportObject(db, { ...of, kind: "sprite" });
  if (!first) return undefined;
  const { duration_ms } = await db
    .selectFrom("streaming_recordings")
    .select("duration_ms")
    .where("id", "=", of.recordingId)
    .executeTakeFirstOrThrow();
  return { ...spriteShape, tiles: tilesIn(duration_ms) };
}

/** The further sheets have no row either. */
export const sheetObjectKey = ({ key }: MediaObject, sheet: number) => sheetKey(key, sheet);

/** The other sizes of a poster have no row: storage knows how long they are. */
export const posterObjectKey = ({ key }: MediaObject, size: PosterSize) => posterKey(key, size);
