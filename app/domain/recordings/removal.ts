import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { enqueueOnce } from "#app/jobs/queue.ts";
import type { Storage } from "#app/services/storage.ts";
import { exportsOf } from "./export-folders.ts";
import { type Store, storageOf } from "./stores.ts";
import { graceDays } from "./withholding.ts";

type RemovalServices = Pick<Services, "db" | "queue" | "storage" | "recordingStorage" | "log">;

const atOnce = 16;

/**
 * Takes what was deleted long enough ago beyond restoring, and has it removed; what is still there of one whose job was
 * lost is asked for again.
 */
export async function sweepDeleted({ db, queue }: Pick<Services, "db" | "queue">): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      update streaming_recordings r set removed_at = coalesce(r.removed_at, clock_timestamp())
      where r.id in (
        select r.id from streaming_recordings r
        where r.deleted_at < clock_timestamp() - make_interval(days => ${graceDays})
          and r.emptied_at is null
        -- What cannot be removed for now keeps nothing else waiting.
        order by r.removed_at nulls first, r.deleted_at limit 100 for update skip locked
      )
      returning r.id
    `.execute(trx);
    for (const { id } of rows) await enqueueOnce(trx, queue, "recording.remove", { recordingId: id }, id);
  });
}

/**
 * Removes a deleted recording for good: its objects in storage first, then the rows about them. What remains is that there
 * was one. May run twice and at once; stopped in the middle, the next run removes what is left. Rejects while storage is
 * away, and while the store beside in which a part of it lies is not configured.
 */
export async function removeRecording(
  services: RemovalServices,
  { recordingId }: { recordingId: string },
): Promise<void> {
  const { db, storage, log } = services;
  const recording = await db
    .selectFrom("streaming_recordings")
    .select("stream_id as streamId")
    .where("id", "=", recordingId)
    .where("removed_at", "is not", null)
    .where("emptied_at", "is", null)
    .executeTakeFirst();
  if (!recording) return;
  const { streamId } = recording;
  const attempts = await db
    .selectFrom("streaming_recording_attempts")
    .select(["prefix", sql<Store>`store`.as("store"), "store_at as storeAt"])
    .where("recording_id", "=", recordingId)
    .execute();
  const exports = exportsOf({ streamId, recordingId });
  for (const upload of await storage.listUploads(exports)) await storage.abortUpload(upload);
  let objects = 0;
  for (const prefix of [...attempts.map((attempt) => attempt.prefix), exports])
    objects += await removeUnder(storage, prefix);
  for (const attempt of attempts)
    if (attempt.store === "beside")
      objects += await removeUnder(storageOf(services, attempt), attempt.prefix);
  const { rows } = await sql`
    with exports as (delete from streaming_recording_exports where recording_id = ${recordingId}::uuid),
      positions as (delete from replay_positions where recording_id = ${recordingId}::uuid),
      captions as (delete from streaming_recording_captions where recording_id = ${recordingId}::uuid),
      chapters as (delete from streaming_recording_chapters where recording_id = ${recordingId}::uuid),
      edits as (delete from streaming_recording_edits where recording_id = ${recordingId}::uuid),
      steps as (delete from streaming_recording_steps where recording_id = ${recordingId}::uuid),
      attempts as (delete from streaming_recording_attempts where recording_id = ${recordingId}::uuid)
    update streaming_recordings set emptied_at = clock_timestamp()
    where id = ${recordingId}::uuid and emptied_at is null returning id
  `.execute(db);
  if (rows.length > 0) log.info({ recordingId, streamId, objects }, "a deleted recording was removed");
}

async function removeUnder(storage: Storage, prefix: string): Promise<number> {
  const keys = (await storage.list(prefix)).map(({ key }) => key);
  const objects = keys.length;
  const work = async () => {
    for (let key = keys.pop(); key; key = keys.pop()) await storage.remove(key);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return objects;
}
