import { createHash } from "node:crypto";
import type { Db } from "#db/client.ts";
import { createStorage, type Storage } from "#app/services/storage.ts";
import type { EditionEnv } from "#local/edition.ts";
import { insertPeople } from "#tests/factories.ts";
import { encodeSegments, syntheticSegments } from "./synthetic-segments.ts";

/** A segment in storage, and what is known of it. */
export type Stored = { key: string; bytes: number; sha256: string; startMs: number; durationMs: number };

/** The storage of an edition. */
export const storageOf = (env: EditionEnv): Storage =>
  createStorage({
    endpoint: env.S3_ENDPOINT,
    region: env.S3_REGION,
    bucket: env.S3_BUCKET,
    accessKeyId: env.S3_ACCESS_KEY_ID,
    secretAccessKey: env.S3_SECRET_ACCESS_KEY,
  });

/** Stores so many minutes of segments; `base` are those that come again and again (default: 720p). */
export async function storeMinutes(
  storage: Storage,
  { minutes, base }: { minutes: number; base?: readonly Uint8Array[] },
): Promise<Stored[]> {
  base ??= await encodeSegments({ count: 8 });
  const stored: Stored[] = [];
  for (const segment of syntheticSegments({ base, durationMs: minutes * 60_000, firstPts: 0 })) {
    const { bytes, startMs, durationMs } = segment;
    const key = `recordings/bench/1/seg_${String(segment.number).padStart(5, "0")}.ts`;
    await storage.write(key, bytes, "video/mp2t");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    stored.push({ key, bytes: bytes.length, sha256, startMs, durationMs });
  }
  return stored;
}

/** A finished recording of so many attempts, each of which has the same hour, with an MP4 that somebody makes by now. */
export async function insertLongRecording(
  db: Db,
  { hour, attempts }: { hour: readonly Stored[]; attempts: number },
) {
  const { stream } = await insertPeople(db, { status: "ended" });
  const hourMs = hour.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const { id: recordingId } = await db
    .insertInto("streaming_recordings")
    .values({
      stream_id: stream.id,
      status: "ready",
      ready_at: new Date(),
      duration_ms: Math.round(hourMs * attempts),
      bytes: attempts * hour.reduce((sum, { bytes }) => sum + bytes, 0),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  for (let number = 1; number <= attempts; number++) {
    const prefix = `recordings/${stream.id}/${number}/`;
    const { id: attempt_id } = await db
      .insertInto("streaming_recording_attempts")
      .values({ recording_id: recordingId, number, prefix, status: "complete", sealed_at: new Date() })
      .returning("id")
      .executeTakeFirstOrThrow();
    const beganAt = Date.parse("2026-11-23T12:00:00Z") + (number - 1) * hourMs;
    for (let from = 0; from < hour.length; from += 500) {
      const rows = hour.slice(from, from + 500).map(({ key, bytes, sha256, startMs, durationMs }, index) => ({
        ...{ attempt_id, number: from + index, key, bytes, sha256, has_video: true, has_audio: true },
        ...{ width: 1280, height: 720, program_time: new Date(beganAt + startMs) },
        ...{ first_pts: Math.round(startMs * 90), duration_ticks: Math.round(durationMs * 90) },
      }));
      await db.insertInto("streaming_recording_segments").values(rows).execute();
    }
  }
  const { id: exportId } = await db
    .insertInto("streaming_recording_exports")
    .values({ recording_id: recordingId, kind: "mp4", status: "running" })
    .returning("id")
    .executeTakeFirstOrThrow();
  return { recordingId, streamId: stream.id, exportId };
}
