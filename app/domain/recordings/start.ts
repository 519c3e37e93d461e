import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { isServiceError } from "#app/services/service-error.ts";
import {
  type Attempt,
  attemptPrefix,
  failAttempt,
  findOpenAttempt,
  hasEnded,
  sealAttempt,
  takeAnnouncement,
} from "./attempts.ts";
import { inHurry, storeForNew } from "./stores.ts";
import { verifySegments } from "./verify.ts";

export type StartServices = Pick<
  Services,
  "db" | "queue" | "livekit" | "egress" | "storage" | "recordingStorage" | "log"
>;

/**
 * Starts the recorder of a live stream where none is running: at first, and after an attempt that ended early. Waits
 * for the host's first track, since a recorder of an empty room never becomes active: without one this does nothing,
 * and the track's webhook or the sweep comes back. Does nothing either for a stream that is not live, and while an
 * attempt is under way. Safe to run twice and at once: the attempt's row, committed before the call, is the claim.
 */
export async function startRecording(
  services: StartServices,
  { recordingId }: { recordingId: string },
): Promise<void> {
  const { db, livekit } = services;
  const streamId = await findStreamToStart(services, recordingId);
  if (!streamId) return;
  const open = await findOpenAttempt(db, recordingId);
  if (open && !hasEnded(open.status)) return;
  const people = await livekit.listPeople(streamId);
  if (!people?.some(({ publishes, recorder }) => publishes && !recorder)) return;
  if (open) {
    // Its last segments, before it is sealed. Storage that is away must not keep the next recorder waiting.
    await verifySegments(inHurry(services), open).catch((error: unknown) => {
      if (!isServiceError(error)) throw error;
    });
  }
  const attempt = await insertAttempt(services, { recordingId, streamId, replaces: open });
  if (attempt) await requestEgress(services, attempt);
}

async function findStreamToStart({ db }: StartServices, recordingId: string): Promise<string | undefined> {
  const found = await db
    .selectFrom("streaming_recordings as r")
    .innerJoin("streams as s", "s.id", "r.stream_id")
    .select("r.stream_id as streamId")
    .where("r.id", "=", recordingId)
    .where("r.status", "in", ["starting", "recording"])
    .where("s.status", "=", "live")
    .where((is) =>
      is.or([is("r.retry_at", "is", null), is("r.retry_at", "<=", sql<Date>`clock_timestamp()`)]),
    )
    .executeTakeFirst();
  return found?.streamId;
}

async function insertAttempt(
  services: StartServices,
  {
    recordingId,
    streamId,
    replaces,
  }: { recordingId: string; streamId: string; replaces: Attempt | undefined },
): Promise<Attempt | undefined> {
  return services.db.transaction().execute(async (trx) => {
    const recording = await trx
      .selectFrom("streaming_recordings")
      .select("id")
      .where("id", "=", recordingId)
      .where("status", "in", ["starting", "recording"])
      .forUpdate()
      .executeTakeFirst();
    if (!recording) return undefined;
    if (replaces) await sealAttempt(trx, replaces.id);
    if (await findOpenAttempt(trx, recordingId)) return undefined;
    // Numbers go on over the stream's recordings, since the prefix has only the stream and the number.
    const { last } = await trx
      .selectFrom("streaming_recording_attempts as a")
      .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
      .select(({ fn }) => fn.coalesce(fn.max("a.number"), sql<number>`0`).as("last"))
      .where("r.stream_id", "=", streamId)
      .executeTakeFirstOrThrow();
    const number = last + 1;
    const written = await storeForNew(trx, services, recordingId);
    const prefix = attemptPrefix(streamId, number);
    const { id } = await trx
      .insertInto("streaming_recording_attempts")
      .values({
        recording_id: recordingId,
        number,
        prefix,
        store: written.store,
        store_at: written.storeAt,
        requested_at: sql`clock_timestamp()`,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const status = "requested";
    return { id, recordingId, streamId, number, prefix, ...written, egressId: null, status, sealedAt: null };
  });
}

async function requestEgress(services: StartServices, attempt: Attempt): Promise<void> {
  const { db, queue, egress, log } = services;
  const { id: attemptId, streamId, prefix, store } = attempt;
  try {
    const egressId = await egress.start({ streamId, prefix, store });
    await db
      .transaction()
      .execute((trx) =>
        takeAnnouncement(trx, queue, { egressId, streamId, prefix, status: "starting", reason: "" }),
      );
    await stopWhenUnwanted(services, { attemptId, egressId });
  } catch (error) {
    if (!isServiceError(error)) throw error;
    log.warn({ err: error, attemptId, streamId }, "starting an egress was not answered");
    // It may have started all the same: `askAboutAttempt` looks for it by its room.
    if (error.retryable) return;
    const reason = refusals[error.code] ?? "it could not be started";
    await db.transaction().execute((trx) => failAttempt(trx, queue, { attemptId, reason, seal: true }));
  }
}

/** The attempt can have ended while its egress was being started: then nobody else knows of this recorder. */
async function stopWhenUnwanted(
  { db, egress }: StartServices,
  { attemptId, egressId }: { attemptId: string; egressId: string },
): Promise<void> {
  const row = await db
    .selectFrom("streaming_recording_attempts")
    .select(["egress_id as egressId", "sealed_at as sealedAt"])
    .where("id", "=", attemptId)
    .executeTakeFirst();
  if (row?.egressId !== egressId || row.sealedAt) await egress.stop(egressId);
}

const refusals: Record<string, string> = {
  not_found: "the room was not there",
  resource_exhausted: "no recorder is free",
};
