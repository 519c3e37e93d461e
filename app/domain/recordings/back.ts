import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import type { Storage, StoredObject } from "#app/services/storage.ts";
import type { Db } from "#db/client.ts";
import { selectAttempts, type Attempt } from "./attempts.ts";
import { checkSegment, type CheckedSegment } from "./checked-segment.ts";
import { recordingMoves } from "./moves.ts";
import { listKnown, type KnownSegment, placeSegments } from "./places.ts";
import { fillProgramTimes } from "./program-times.ts";
import { publish } from "./publish.ts";
import { remakeExport } from "./remake.ts";
import { numberIn } from "./segment-names.ts";

type BackServices = Pick<Services, "db" | "queue" | "storage" | "log">;

/** What is left out for want of its bytes; whatever else is wrong with a segment, they do not mend. */
export const isWithoutBytes = (problem: string | null): boolean =>
  problem === "missing" || problem === "unreadable";

/**
 * Whether what was left out of a finished recording can be taken back without moving anything that people have placed in it
 * since by its times: it was not cut, and has neither chapters nor captions.
 */
export async function canTakeBack(db: Db, recordingId: string): Promise<boolean> {
  const { rows } = await sql`
    select from streaming_recordings r
    where r.id = ${recordingId}::uuid and r.status in ('ready', 'failed') and r.deleted_at is null and r.edit = 0
      and not exists (select from streaming_recording_chapters c where c.recording_id = r.id)
      and not exists (select from streaming_recording_captions c where c.recording_id = r.id)
  `.execute(db);
  return rows.length > 0;
}

/**
 * Takes back what an attempt of a finished recording has had left out as missing or unreadable and storage gives by now: bytes
 * that are those which were verified once, or else those that lay there before it was sealed, and play. Then its
 * recording is what it has become by that, also when it had failed, and its exports are made again. Gives how many there are.
 * Safe to run twice. Rejects where storage does not give what it lists.
 */
export async function takeBackSegments(services: BackServices, attemptId: string): Promise<number> {
  const { db, storage, log } = services;
  const attempt = await selectAttempts(db).where("a.id", "=", attemptId).executeTakeFirst();
  if (attempt?.store !== "main" || !(await canTakeBack(db, attempt.recordingId))) return 0;
  const known = await listKnown(db, attemptId);
  const found = await storage.list(attempt.prefix);
  const read = await readBack(storage, attempt, { known, found });
  if (read.length === 0) return 0;
  const { good } = await placeSegments(db, attempt, known, read, { over: true });
  if (good === 0) return 0;
  await fillProgramTimes({ db, storage }, attempt, found);
  await publishAnew(services, attempt.recordingId);
  log.info({ attemptId, good }, "segments were taken back into their recording");
  return good;
}

async function readBack(
  storage: Storage,
  { prefix, sealedAt }: Attempt,
  { known, found }: { known: readonly KnownSegment[]; found: readonly StoredObject[] },
): Promise<CheckedSegment[]> {
  const objects = new Map(found.map((object) => [numberIn(object.key.slice(prefix.length)), object]));
  const read: CheckedSegment[] = [];
  for (const segment of known) {
    const object = isWithoutBytes(segment.problem) ? objects.get(segment.number) : undefined;
    if (!object) continue;
    const isAsBefore = object.etag === segment.etag && object.bytes === segment.bytes;
    const isInTime = isAsBefore || !sealedAt || object.modifiedAt <= sealedAt;
    if (!segment.sha256 && !isInTime) continue;
    const checked = await checkSegment(storage, segment.number, object);
    if (segment.sha256 && segment.sha256 !== checked.sha256) continue;
    if (checked.problem === null) read.push(checked);
  }
  return read;
}

async function publishAnew(services: BackServices, recordingId: string): Promise<void> {
  const { db, queue } = services;
  const { from, to } = recordingMoves.reopen;
  await db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom("streaming_recordings")
      .select("ready_at")
      .where("id", "=", recordingId)
      .where("status", "in", from)
      .forUpdate()
      .executeTakeFirst();
    if (!before) return;
    const row = trx.updateTable("streaming_recordings").where("id", "=", recordingId);
    await row.set({ status: to, ready_at: null, failed_at: null }).execute();
    await publish(trx, services, recordingId);
    // How long it is kept counts from when it was ready first.
    if (before.ready_at) await row.set({ ready_at: before.ready_at }).where("status", "=", "ready").execute();
    const made = await trx
      .selectFrom("streaming_recording_exports")
      .select("id")
      .where("recording_id", "=", recordingId)
      .execute();
    for (const { id } of made) await remakeExport(trx, queue, { exportId: id });
  });
}
