import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { announceRecording } from "#app/domain/outgoing-webhooks/announce.ts";
import { enqueue } from "#app/jobs/queue.ts";
import { selectAttempts } from "./attempts.ts";
import { closeBlanks } from "./blanks.ts";
import { copySegments } from "./copies.ts";
import { waitsForCopies } from "./copy-claims.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { recordingMoves } from "./moves.ts";
import { listRecordedParts, type Part } from "./parts.ts";
import { replayPlaylist } from "./playlist.ts";
import { unreadableMinutes } from "./unreadable.ts";

export type FinalizeServices = Pick<Services, "db" | "queue" | "storage" | "recordingStorage" | "log">;

/** A worker that was killed while finalizing is missed after this long. */
const claimSeconds = 15;

/**
 * Finishes a recording whose recorder has ended or was given up: reads back what is not verified yet, seals its
 * attempts, has copied what lies in the store beside, and makes it `ready` with all their parts in order, or `failed` with the reason when nothing of it plays.
 * Its exports are requested in the same transaction.
 *
 * While anything is still to be copied it stays `finalizing`, and the sweep comes back; also when `signal` ends the copying.
 *
 * May run twice, late and at once: one worker holds the claim, each step is written down when it is done, and the last
 * move is guarded. Whoever finds it claimed or finished does nothing. Rejects while storage is away, and for some minutes
 * also where it does not give a single segment, which is left out then; or where the store beside is away, without which it is
 * finished then.
 */
export async function finalizeRecording(
  services: FinalizeServices,
  { recordingId }: { recordingId: string },
  signal?: AbortSignal,
): Promise<void> {
  const { db } = services;
  const claimed = await claim(services, recordingId);
  if (!claimed) return;
  const hold = () => void holdOn(services, recordingId).catch(() => {});
  const holding = setInterval(hold, (claimSeconds / 3) * 1000);
  try {
    const attempts = await selectAttempts(db)
      .where("a.recording_id", "=", recordingId)
      .orderBy("a.number")
      .execute();
    for (const attempt of attempts) await finishAttempt(services, attempt, claimed);
    for (const { id: attemptId } of attempts) await copySegments(services, { attemptId }, signal);
    await publish(services, recordingId);
  } catch (error) {
    // Not at once: what failed is most likely still away.
    await db
      .updateTable("streaming_recordings")
      .set({ work_until: sql`clock_timestamp() + interval '2 seconds'` })
      .where("id", "=", recordingId)
      .where("status", "=", "finalizing")
      .execute();
    throw error;
  } finally {
    clearInterval(holding);
  }
}

async function claim(
  { db }: FinalizeServices,
  recordingId: string,
): Promise<{ leaveOut: boolean } | undefined> {
  const { from, to } = recordingMoves.finalize;
  return db
    .updateTable("streaming_recordings")
    .set({ status: to, work_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})` })
    .where("id", "=", recordingId)
    .where((is) =>
      is.or([
        is("status", "in", from),
        is.and([
          is("status", "=", to),
          is.or([is("work_until", "is", null), is("work_until", "<", sql<Date>`clock_timestamp()`)]),
        ]),
      ]),
    )
    .returning(
      sql<boolean>`coalesce(stopped_at < clock_timestamp() - make_interval(mins => ${unreadableMinutes}), false)`.as(
        "leaveOut",
      ),
    )
    .executeTakeFirst();
}

async function holdOn({ db }: FinalizeServices, recordingId: string): Promise<void> {
  await db
    .updateTable("streaming_recordings")
    .set({ work_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})` })
    .where("id", "=", recordingId)
    .where("status", "=", "finalizing")
    .execute();
}

async function publish({ db, queue, log }: FinalizeServices, recordingId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
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
      log.info({ recordingId, streamId, parts: parts.length }, "a recording is ready");
    }
    await notifyChange(trx, { kind: "stream", streamId });
  });
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

async function whyNothing(db: FinalizeServices["db"], recordingId: string): Promise<string> {
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
