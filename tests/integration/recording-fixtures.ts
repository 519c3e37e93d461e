import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import type { Storage } from "#app/services/storage.ts";
import { exportFolder, exportsOf } from "#app/domain/recordings/export-folders.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { createRecording, stopRecording } from "#app/domain/recordings/recordings.ts";
import type { Db } from "#db/client.ts";
import { insertPeople } from "#tests/factories.ts";

export type SegmentSet = "egress" | "egress-killed" | "x264" | "x264-high";

/** The bytes of recorded segments, in order. */
export async function segmentsOf(set: SegmentSet): Promise<Uint8Array[]> {
  const folder = path.join(import.meta.dirname, "../fixtures/segments", set);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".ts")).sort();
  return Promise.all(names.map(async (name) => new Uint8Array(await readFile(path.join(folder, name)))));
}

export const segmentKey = (prefix: string, number: number) =>
  `${prefix}seg_${String(number).padStart(5, "0")}.ts`;

/** Writes segments as a recorder would, with a playlist that says when each began. */
export async function writeSegments(
  storage: Storage,
  prefix: string,
  segments: readonly Uint8Array[],
  { from = 0, startsAt = new Date("2026-11-23T12:00:00Z") }: { from?: number; startsAt?: Date } = {},
): Promise<void> {
  const lines = ["#EXTM3U", "#EXT-X-VERSION:4", "#EXT-X-TARGETDURATION:2"];
  for (const [index, bytes] of segments.entries()) {
    await storage.write(segmentKey(prefix, from + index), bytes, "video/mp2t");
    const time = new Date(startsAt.getTime() + index * 2000).toISOString();
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${time}`,
      "#EXTINF:2.000,",
      `seg_${String(from + index).padStart(5, "0")}.ts`,
    );
  }
  await storage.write(`${prefix}index.m3u8`, Buffer.from(`${lines.join("\n")}\n`), "application/x-mpegurl");
}

/** A live stream with its recording, as going live makes it. */
export async function insertLiveRecording({ db, queue }: Pick<Services, "db" | "queue">) {
  const house = await insertPeople(db, { status: "live" });
  const streamId = house.stream.id;
  const { recordingId } = await db.transaction().execute((trx) => createRecording(trx, queue, { streamId }));
  return { ...house, streamId, recordingId };
}

/** An attempt of a live recording whose recorder runs, as the worker finds it. */
export async function insertRunningAttempt(
  { db }: Pick<Services, "db">,
  { recordingId, streamId }: { recordingId: string; streamId: string },
  number = 1,
) {
  const prefix = `recordings/${streamId}/${number}/`;
  const { id } = await db
    .insertInto("streaming_recording_attempts")
    .values({
      recording_id: recordingId,
      number,
      prefix,
      egress_id: `EG_${recordingId}_${number}`,
      status: "active",
      requested_at: new Date(),
      active_at: new Date(),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await db
    .updateTable("streaming_recordings")
    .set({ status: "recording", started_at: new Date() })
    .where("id", "=", recordingId)
    .execute();
  return { id, prefix };
}

/** Ends a live stream whose recorder has ended, and finishes its recording. */
export async function finishLive(
  services: Pick<Services, "db" | "queue" | "storage" | "recordingStorage" | "log">,
  { recordingId, streamId }: { recordingId: string; streamId: string },
): Promise<void> {
  const { db, queue } = services;
  await endStreamRow(db, streamId);
  await db.transaction().execute((trx) => stopRecording(trx, queue, { streamId }));
  await db
    .updateTable("streaming_recording_attempts")
    .set({ status: "complete", ended_at: new Date() })
    .where("recording_id", "=", recordingId)
    .where("sealed_at", "is", null)
    .execute();
  await finalizeRecording(services, { recordingId });
}

export type RecordedAttempt = { set: SegmentSet; startsAt?: Date };

/**
 * Ends a live stream that was recorded whole, in one attempt or in several: what is left is to be finalized. Gives the
 * recording's id and where the segments of its first attempt lie.
 */
export async function insertStoppedRecording(
  { db, queue, storage }: Pick<Services, "db" | "queue" | "storage">,
  streamId: string,
  attempts: readonly RecordedAttempt[] = [{ set: "x264" }],
): Promise<{ recordingId: string; prefix: string }> {
  const { recordingId } = await db.transaction().execute((trx) => createRecording(trx, queue, { streamId }));
  const prefixOf = (number: number) => `recordings/${streamId}/${number}/`;
  for (const [place, { set, startsAt }] of attempts.entries()) {
    const prefix = prefixOf(place + 1);
    await writeSegments(storage, prefix, await segmentsOf(set), { startsAt });
    const isLast = place === attempts.length - 1;
    const sealed_at = isLast ? null : new Date(Date.now() + 60_000);
    await db
      .insertInto("streaming_recording_attempts")
      .values({ recording_id: recordingId, number: place + 1, prefix, status: "complete", sealed_at })
      .execute();
  }
  await endStreamRow(db, streamId);
  await db.transaction().execute((trx) => stopRecording(trx, queue, { streamId }));
  return { recordingId, prefix: prefixOf(1) };
}

/**
 * A stream that ended with a replay of 12 s: two attempts of three segments each, 35 s missing between them. With
 * `exports` its MP4 and its pictures are made, too.
 */
export async function insertReplay(
  services: Pick<Services, "db" | "queue" | "storage" | "recordingStorage" | "media" | "log">,
  { exports = true } = {},
) {
  const { db, storage } = services;
  const live = await insertLiveRecording(services);
  const segments = await segmentsOf("x264");
  for (const number of [1, 2]) {
    const prefix = `recordings/${live.streamId}/${number}/`;
    const sealedAt = number === 1 ? new Date(Date.now() + 60_000) : null;
    await db
      .insertInto("streaming_recording_attempts")
      .values({
        recording_id: live.recordingId,
        number,
        prefix,
        status: number === 1 ? "failed" : "complete",
        reason: number === 1 ? "nothing came from it any more" : "",
        sealed_at: sealedAt,
      })
      .execute();
    const startsAt = new Date(Date.parse("2026-11-23T12:00:00Z") + (number - 1) * 41_000);
    await writeSegments(storage, prefix, segments, { startsAt });
  }
  await endStreamRow(db, live.streamId);
  await db.transaction().execute((trx) => stopRecording(trx, services.queue, live));
  await finalizeRecording(services, live);
  if (exports) await giveExports(services, live);
  return { ...live, base: `/media/${live.streamId}/${live.recordingId}` };
}

/** A finished recording of these segments, in one attempt, of which nothing is exported yet. */
export async function finishedRecording(
  services: Pick<Services, "db" | "queue" | "storage" | "recordingStorage" | "log">,
  segments: readonly Uint8Array[],
) {
  const live = await insertLiveRecording(services);
  const prefix = `recordings/${live.streamId}/1/`;
  await services.db
    .insertInto("streaming_recording_attempts")
    .values({ recording_id: live.recordingId, number: 1, prefix, status: "complete" })
    .execute();
  await writeSegments(services.storage, prefix, segments);
  await finishLive(services, live);
  return { ...live, prefix };
}

/** Makes what a recording's exports have still to be made of. */
export async function makeExports(
  services: Pick<Services, "db" | "storage" | "media" | "log">,
  recordingId: string,
): Promise<void> {
  for (const { id } of await exportRows(services.db, recordingId))
    await runExport(services, { exportId: id });
}

type Recording = { streamId: string; recordingId: string };

/** What the exports of `insertReplay` come to, by the first that were made in this process. */
let madeExports: ReturnType<typeof readExports> | undefined;

/** Makes the exports of a replay once, and gives those that follow, which are of the same segments, what came of it. */
async function giveExports(
  services: Pick<Services, "db" | "storage" | "media" | "log">,
  replay: Recording,
): Promise<void> {
  const { db, storage } = services;
  if (!madeExports) {
    await makeExports(services, replay.recordingId);
    madeExports = readExports(services, replay);
    return;
  }
  const folder = exportsOf(replay);
  for (const { key, row, objects } of await madeExports) {
    for (const { name, bytes, contentType } of objects)
      await storage.write(folder + name, bytes, contentType);
    await db
      .updateTable("streaming_recording_exports")
      .set({ ...row, key: folder + key, ready_at: sql`clock_timestamp()` })
      .where("recording_id", "=", replay.recordingId)
      .where("kind", "=", row.kind)
      .execute();
  }
}

/** The exports of a recording that say nothing of which one it is. */
async function readExports({ db, storage }: Pick<Services, "db" | "storage">, replay: Recording) {
  const folder = exportsOf(replay);
  const rows = await db
    .selectFrom("streaming_recording_exports")
    .select(["kind", "key", "status", "progress", "bytes", "stored_bytes", "sha256", "duration_ms"])
    .select(["edit", "version", "tries", "claims"])
    .where("recording_id", "=", replay.recordingId)
    .execute();
  return Promise.all(
    rows.map(async ({ key, ...row }) => {
      const listed = await storage.list(exportFolder({ ...replay, ...row }));
      const objects = listed.map(async ({ key }) => ({
        name: key.slice(folder.length),
        bytes: (await storage.read(key))!,
        contentType: row.kind === "mp4" ? "video/mp4" : "image/jpeg",
      }));
      return { key: key!.slice(folder.length), row, objects: await Promise.all(objects) };
    }),
  );
}

export const exportRows = (db: Db, recordingId: string) =>
  db
    .selectFrom("streaming_recording_exports")
    .selectAll()
    .where("recording_id", "=", recordingId)
    .orderBy("kind")
    .execute();

export const recordingRow = (db: Db, recordingId: string) =>
  db.selectFrom("streaming_recordings").selectAll().where("id", "=", recordingId).executeTakeFirstOrThrow();

export const attemptRows = (db: Db, recordingId: string) =>
  db
    .selectFrom("streaming_recording_attempts")
    .selectAll()
    .where("recording_id", "=", recordingId)
    .orderBy("number")
    .execute();

export const segmentRows = (db: Db, recordingId: string) =>
  db
    .selectFrom("streaming_recording_segments as s")
    .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
    .selectAll("s")
    .where("a.recording_id", "=", recordingId)
    .orderBy("a.number")
    .orderBy("s.number")
    .execute();

/** Ends the stream and stops its recording in one transaction, as End does. */
export async function endStreamRow(db: Db, streamId: string): Promise<void> {
  await db
    .updateTable("streams")
    .set({ status: "ended", ended_at: new Date(), ended_reason: "host" })
    .where("id", "=", streamId)
    .execute();
}
