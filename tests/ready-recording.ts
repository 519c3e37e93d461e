import { setTimeout as pause } from "node:timers/promises";
import { readConfig } from "#app/config.ts";
import { createRecording, stopRecording } from "#app/domain/recordings/recordings.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import { endStreamRow, segmentsOf, writeSegments } from "./integration/recording-fixtures.ts";

/**
 * What was recorded of a live stream, ended and finished by the worker of the edition whose environment this is. Resolves
 * when it can be watched, with the recording's id and its first segment's key in storage; rejects after half a minute.
 */
export async function insertReadyRecording(
  env: Record<string, string | undefined>,
  streamId: string,
): Promise<{ recordingId: string; key: string }> {
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const services = await openServices(config.config, "worker");
  try {
    const { db, queue, storage } = services;
    const { recordingId } = await db
      .transaction()
      .execute((trx) => createRecording(trx, queue, { streamId }));
    const prefix = `recordings/${streamId}/1/`;
    await writeSegments(storage, prefix, await segmentsOf("x264"));
    await db
      .insertInto("streaming_recording_attempts")
      .values({ recording_id: recordingId, number: 1, prefix, status: "complete" })
      .execute();
    await endStreamRow(db, streamId);
    await db.transaction().execute((trx) => stopRecording(trx, queue, { streamId }));
    const isReady = async () =>
      (
        await db
          .selectFrom("streaming_recordings")
          .select("status")
          .where("id", "=", recordingId)
          .executeTakeFirstOrThrow()
      ).status === "ready";
    const until = Date.now() + 30_000;
    while (!(await isReady())) {
      if (Date.now() > until) throw new Error("the recording was not ready in half a minute");
      await pause(200);
    }
    return { recordingId, key: `${prefix}seg_00000.ts` };
  } finally {
    await closeServices(services);
  }
}
