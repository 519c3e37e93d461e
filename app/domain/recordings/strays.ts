import { sql } from "kysely";
import { isServiceError } from "#app/services/service-error.ts";
import type { StartServices } from "./start.ts";
import { sweep } from "./sweep.ts";

/**
 * Ends recorders that were given up and run all the same, so that a live stream does not go on with two: one whose start
 * was answered to nobody and that turned up when another had taken its place, and one that slept and woke up. They are
 * found by asking who records the room. Only recorders that write where one of our sealed attempts did are touched.
 */
export const sweepStrays = (services: StartServices) =>
  sweep(services, "strays", claimStreams, (streamId) => stopStrays(services, streamId));

/** Live streams with an attempt that was given up: asked about often at first, and then once a minute. */
async function claimStreams({ db }: StartServices): Promise<string[]> {
  const rows = await db
    .with("asked", (cte) =>
      cte
        .updateTable("streaming_recording_attempts as asked")
        .set({ asked_at: sql`clock_timestamp()` })
        .where("asked.id", "in", (of) =>
          of
            .selectFrom("streaming_recording_attempts as a")
            .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
            .select("a.id")
            .where("r.status", "in", ["starting", "recording", "stopping"])
            .where(
              sql<Date>`greatest(a.asked_at, a.sealed_at)`,
              "<",
              sql<Date>`clock_timestamp() - case
                when a.sealed_at > clock_timestamp() - interval '2 minutes' then interval '4 seconds'
                else interval '1 minute' end`,
            )
            .where("a.sealed_at", "is not", null)
            .limit(100)
            .forUpdate(["a"])
            .skipLocked(),
        )
        .returning("asked.recording_id"),
    )
    .selectFrom("asked")
    .innerJoin("streaming_recordings as r", "r.id", "asked.recording_id")
    .select("r.stream_id as streamId")
    .distinct()
    .execute();
  return rows.map(({ streamId }) => streamId);
}

async function stopStrays({ db, egress, log }: StartServices, streamId: string): Promise<void> {
  const running = (await egress.list({ streamId })).filter(
    ({ status }) => status === "starting" || status === "active",
  );
  const prefixes = running.flatMap(({ prefix }) => prefix ?? []);
  if (prefixes.length === 0) return;
  // Read after the list: an attempt that began meanwhile is not sealed.
  const sealed = await db
    .selectFrom("streaming_recording_attempts as a")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .select("a.prefix")
    .where("r.stream_id", "=", streamId)
    .where("a.prefix", "in", prefixes)
    .where("a.sealed_at", "is not", null)
    .execute();
  const givenUp = new Set(sealed.map(({ prefix }) => prefix));
  for (const { egressId, prefix } of running) {
    if (prefix === undefined || !givenUp.has(prefix)) continue;
    try {
      const answer = await egress.stop(egressId);
      if (answer === "stopping") log.warn({ streamId, egressId }, "a recorder that was given up still ran");
    } catch (error) {
      // One whose host is lost is said to run for ever, and never answers.
      if (!isServiceError(error)) throw error;
    }
  }
}
