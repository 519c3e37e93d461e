import { setTimeout as pause } from "node:timers/promises";
import { readConfig } from "#app/config.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import {
  insertStoppedRecording,
  type RecordedAttempt,
  recordingRow,
  segmentKey,
} from "./integration/recording-fixtures.ts";

/**
 * What was recorded of a live stream, ended and finished by the worker of the edition whose environment this is. Resolves
 * when it can be watched, with the recording's id and its first segment's key in storage; rejects after half a minute.
 */
export async function insertReadyRecording(
  env: Record<string, string | undefined>,
  streamId: string,
  attempts?: readonly RecordedAttempt[],
): Promise<{ recordingId: string; key: string }> {
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const services = await openServices(config.config, "worker");
  try {
    const { recordingId, prefix } = await insertStoppedRecording(services, streamId, attempts);
    const isReady = async () => (await recordingRow(services.db, recordingId)).status === "ready";
    const until = Date.now() + 30_000;
    while (!(await isReady())) {
      if (Date.now() > until) throw new Error("the recording was not ready in half a minute");
      await pause(200);
    }
    return { recordingId, key: segmentKey(prefix, 0) };
  } finally {
    await closeServices(services);
  }
}
