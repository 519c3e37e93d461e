import { type Kysely, sql, type Transaction } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { planReplayMail } from "#app/domain/mail/planning.ts";
import { announceRecording } from "#app/domain/outgoing-webhooks/announce.ts";
import { enqueue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import { closeBlanks } from "./blanks.ts";
import { waitsForCopies } from "./copy-claims.ts";
import { recordingMoves } from "./moves.ts";
import { listRecordedParts, type Part } from "./parts.ts";
import { replayPlaylist } from "./playlist.ts";

/**
 * Makes a recording of which all is verified and copied `ready`, or `failed`, and has its exports made, in the same
 * transaction. Does nothing for one that is not being finalized, and while something is still to be copied.
 */
export async function publish(
  trx: Transaction<Database>,
  { queue, log }: Pick<Services, "queue" | "log">,
  recordingId: string,
): Promise<void> {
  const recording = await trx
    .selectFrom("streaming_recordings")
    .select("stream_id as streamId")
    .where("id", "=", recordingId)
    .where("status", "in", recordingMoves.ready.from)
    .forUpdate()
    .executeTakeFirst();
  if (!recording) return;
  const { streamId } = recording;
  if (await waitsForCopies(trx, recordingId)) return;
  const parts = await listRecordedParts(trx, recordingId);
  if (parts.length === 0) {
    const reason = await whyNothing(trx, recordingId);
    await trx
      .updateTable("streaming_recordings")
      .set({ status: recordingMoves.fail.to, failed_at: sql`clock_timestamp()`, reason, work_until: null })
      .where("id", "=", recordingId)
      .execute();
    log.warn({ recordingId, streamId, reason }, "a recording failed");
  } else {
    await closeBlanks(trx, { recordingId, until: endOf(parts) });
    // Throws where a segment could not be listed: then it is not ready.
    replayPlaylist(parts);
    await trx
      .updateTable("streaming_recordings")
      .set({
        status: recordingMoves.ready.to,
        ready_at: sql`clock_timestamp()`,
        reason: "",
        work_until: null,
        ...sumOf(parts),
      })
      .where("id", "=", recordingId)
      .execute();
    const exports = await trx
      .insertInto("streaming_recording_exports")
      .values([
        { recording_id: recordingId, kind: "poster" },
        { recording_id: recordingId, kind: "sprite" },
        { recording_id: recordingId, kind: "mp4" },
      ])
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .execute();
    for (const { id } of exports) await enqueue(trx, queue, "recording.export", { exportId: id });
    await announceRecording(trx, queue, { recordingId, streamId });
    await planReplayMail(trx, streamId);
    log.info({ recordingId, streamId, parts: parts.length }, "a recording is ready");
  }
  await notifyChange(trx, { kind: "stream", streamId });
}

function endOf(parts: Part[]): Date {
  const { programTime, durationMs } = parts.at(-1)!;
  return new Date((programTime?.getTime() ?? Date.now()) + durationMs);
}

function sumOf(parts: Part[]) {
  const sizes = parts.map(({ width, height }) => ({ width: width ?? 0, height: height ?? 0 }));
  const largest = sizes.reduce((most, size) =>
    size.width * size.height > most.width * most.height ? size : most,
  );
  return {
    duration_ms: Math.round(parts.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    width: largest.width || null,
    height: largest.height || null,
  };
}

async function whyNothing(db: Kysely<Database>, recordingId: string): Promise<string> {
  const { attempts, broken, reason } = await db
    .selectFrom("streaming_recording_attempts as a")
    .leftJoin("streaming_recording_segments as s", "s.attempt_id", "a.id")
    .select(({ fn }) => [
      fn.count<number>("a.id").as("attempts"),
      fn.count<number>("s.number").as("broken"),
      sql<string | null>`(array_agg(a.reason order by a.number desc) filter (where a.reason <> ''))[1]`.as(
        "reason",
      ),
    ])
    .where("a.recording_id", "=", recordingId)
    .executeTakeFirstOrThrow();
  if (broken > 0) return "What was recorded cannot be played.";
  if (attempts === 0) return "Nothing was recorded: no camera, microphone or screen was shared.";
  return reason ? `Nothing was recorded. The recorder stopped: ${reason}` : "Nothing was recorded.";
}
