import { createHash, randomUUID } from "node:crypto";
import { sql } from "kysely";
import { readConfig } from "#app/config.ts";
import { findReceipt } from "#app/domain/recordings/receipt.ts";
import { createRecording, stopRecording } from "#app/domain/recordings/recordings.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import { encodeSegments, syntheticSegments } from "#tests/bench/synthetic-segments.ts";
import { insertPeople } from "#tests/factories.ts";
import {
  endStreamRow,
  exportRows,
  recordingRow,
  writeSegments,
} from "#tests/integration/recording-fixtures.ts";
import type { Tools } from "./fault.ts";
import { until } from "./studio-tools.ts";

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What a process of the edition has, for a fault that prepares and looks. */
export async function withServices<T>(
  { env }: Tools,
  work: (services: Awaited<ReturnType<typeof openServices>>) => Promise<T>,
): Promise<T> {
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const services = await openServices(config.config, "web");
  try {
    return await work(services);
  } finally {
    await closeServices(services);
  }
}

/** Segments of two seconds, so large that an MP4 of five of them has several parts. */
export async function largeSegments(count = 5): Promise<Uint8Array[]> {
  const base = await encodeSegments({ count: 2, kilobits: 24_000 });
  return [...syntheticSegments({ base, durationMs: count * 2000 })].map(({ bytes }) => bytes);
}

export type Stopped = Awaited<ReturnType<typeof insertStopped>>;

/**
 * A stream that has just ended, recorded in several attempts that nobody has looked at; a webhook of its space wants to
 * hear of recordings.
 */
export async function insertStopped(tools: Tools, attempts: readonly (readonly Uint8Array[])[]) {
  return withServices(tools, async ({ db, queue, storage }) => {
    const house = await insertPeople(db, { status: "live" });
    const streamId = house.stream.id;
    await db
      .insertInto("webhook_endpoints")
      .values({
        space_id: house.space.id,
        url: "http://127.0.0.1:9/",
        events: ["recording.ready"],
        secret: "whsec_c2VjcmV0",
        form_key: randomUUID(),
        made_by: house.people.owner.id,
      })
      .execute();
    const { recordingId } = await db
      .transaction()
      .execute((trx) => createRecording(trx, queue, { streamId }));
    for (const [index, segments] of attempts.entries()) {
      const prefix = `recordings/${streamId}/${index + 1}/`;
      const startsAt = new Date(Date.parse("2026-11-23T12:00:00Z") + index * 60_000);
      await writeSegments(storage, prefix, segments, { startsAt });
      const sealed_at = index === attempts.length - 1 ? null : new Date(Date.now() + 60_000);
      await db
        .insertInto("streaming_recording_attempts")
        .values({ recording_id: recordingId, number: index + 1, prefix, status: "complete", sealed_at })
        .execute();
    }
    await endStreamRow(db, streamId);
    await db.transaction().execute((trx) => stopRecording(trx, queue, { streamId }));
    return { ...house, streamId, recordingId, exports: `exports/${streamId}/${recordingId}/` };
  });
}

/** How many segments of an attempt are verified. */
export async function verified({ db }: Tools, { recordingId }: Stopped, attempt: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from streaming_recording_segments s
    join streaming_recording_attempts a on a.id = s.attempt_id
    where a.recording_id = ${recordingId}::uuid and a.number = ${attempt}
  `.execute(db);
  return rows[0]!.count;
}

export async function untilReady(tools: Tools, { recordingId }: Stopped, seconds: number) {
  const what = () => recordingRow(tools.db, recordingId);
  return until(what, ({ status }) => status === "ready", { seconds, words: "the recording is ready" });
}

export async function untilExported(tools: Tools, { recordingId }: Stopped, seconds: number) {
  const what = () => exportRows(tools.db, recordingId);
  const words = "its MP4 and its pictures are ready";
  return until(what, (rows) => rows.length === 3 && rows.every(({ status }) => status === "ready"), {
    seconds,
    words,
  });
}

/** All that a recording has come to, without names of its own: two of the same segments are the same. */
export async function comesTo(tools: Tools, { recordingId, exports, space }: Stopped) {
  return withServices(tools, async ({ db, storage }) => {
    const { sha256: parts, bytes, durationMs } = await findReceipt(db, { recordingId });
    const rows = await exportRows(db, recordingId);
    const stored = await storage.list(exports);
    const { rows: told } = await sql<{ count: number }>`
      select count(*)::int as count from webhook_messages where space_id = ${space.id}::uuid and type = 'recording.ready'
    `.execute(db);
    const sums: Record<string, string> = {};
    for (const { kind, key, sha256: said } of rows) {
      const found = key && (await storage.read(key));
      sums[kind] = found && sha256(found) === said ? said : "not what is said";
    }
    return {
      ...{ parts, bytes, durationMs, sums, told: told[0]!.count },
      objects: stored.map(({ key, etag }) => `${key.slice(exports.length)} ${etag}`),
      uploads: (await storage.listUploads(exports)).length,
    };
  });
}
