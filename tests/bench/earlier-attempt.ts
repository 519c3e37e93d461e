import { createHash } from "node:crypto";
import type { Storage } from "#app/services/storage.ts";
import type { Db } from "#db/client.ts";
import { segmentKey } from "#tests/integration/recording-fixtures.ts";
import { syntheticSegments } from "./synthetic-segments.ts";

const atOnce = 16;

export type Earlier = Awaited<ReturnType<typeof storeEarlier>>;

/**
 * Writes so many minutes of a stream as its recorder would have, segments of small pictures and the playlist, to end about now.
 * No two streams have the same bytes when `firstPts` differs, in ticks of 90 kHz.
 */
export async function storeEarlier(
  storage: Storage,
  {
    streamId,
    minutes,
    base,
    firstPts,
  }: { streamId: string; minutes: number; base: readonly Uint8Array[]; firstPts: number },
) {
  const prefix = `recordings/${streamId}/earlier/`;
  const beganAt = Date.now() - minutes * 60_000;
  const lines = ["#EXTM3U", "#EXT-X-VERSION:4", "#EXT-X-TARGETDURATION:2"];
  const segments = [];
  const writing = new Set<Promise<void>>();
  for (const { number, bytes, startMs, durationMs } of syntheticSegments({
    base,
    durationMs: minutes * 60_000,
    firstPts,
  })) {
    const key = segmentKey(prefix, number);
    const programTime = new Date(beganAt + startMs);
    const ticks = {
      firstPts: firstPts + Math.round(startMs * 90),
      durationTicks: Math.round(durationMs * 90),
    };
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    segments.push({ number, key, bytes: bytes.length, sha256, programTime, ...ticks });
    const name = key.slice(prefix.length);
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${programTime.toISOString()}`,
      `#EXTINF:${(durationMs / 1000).toFixed(3)},`,
      name,
    );
    const write: Promise<void> = storage
      .write(key, bytes, "video/mp2t")
      .then(() => void writing.delete(write));
    writing.add(write);
    if (writing.size >= atOnce) await Promise.race(writing);
  }
  await Promise.all(writing);
  await storage.write(`${prefix}index.m3u8`, Buffer.from(`${lines.join("\n")}\n`), "application/x-mpegurl");
  const etags = new Map((await storage.list(prefix)).map(({ key, etag }) => [key, etag]));
  return { prefix, segments: segments.map((each) => ({ ...each, etag: etags.get(each.key)! })) };
}

/**
 * Puts that before what a live stream's recorder has recorded, as an attempt of which the worker has verified every segment
 * while it ran. The one that runs becomes the second.
 */
export async function insertEarlier(
  db: Db,
  { streamId, earlier }: { streamId: string; earlier: Earlier },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { id: recordingId } = await trx
      .selectFrom("streaming_recordings")
      .select("id")
      .where("stream_id", "=", streamId)
      .executeTakeFirstOrThrow();
    await trx
      .updateTable("streaming_recording_attempts")
      .set({ number: 2 })
      .where("recording_id", "=", recordingId)
      .where("number", "=", 1)
      .execute();
    const now = new Date();
    const { id: attempt_id } = await trx
      .insertInto("streaming_recording_attempts")
      .values({
        ...{ recording_id: recordingId, number: 1, prefix: earlier.prefix, status: "complete" },
        ...{ ended_at: now, sealed_at: now },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const rows = earlier.segments.map(({ number, key, bytes, etag, sha256, ...each }) => ({
      ...{ attempt_id, number, key, bytes, etag, sha256 },
      ...{ has_video: true, has_audio: true, width: 160, height: 90 },
      ...{ first_pts: each.firstPts, duration_ticks: each.durationTicks, program_time: each.programTime },
    }));
    for (let from = 0; from < rows.length; from += 500)
      await trx
        .insertInto("streaming_recording_segments")
        .values(rows.slice(from, from + 500))
        .execute();
  });
}
