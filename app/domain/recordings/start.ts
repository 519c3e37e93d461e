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
import { verifySegments } from "./verify.ts";

export type StartServices = Pick<Services, "db" | "queue" | "livekit" | "egress" | "storage" | "log">;

/** Our client gives up a start after 10 s; until then it may still be answered. */
const startAnswerSeconds = 12;
/** From the call to ACTIVE a real egress takes 3 s. Together with the wait for a track this stays under 20 s. */
const activeSeconds = 18;

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
  const { db, livekit, storage } = services;
  const streamId = await findStreamToStart(services, recordingId);
  if (!streamId) return;
  const open = await findOpenAttempt(db, recordingId);
  if (open && !hasEnded(open.status)) return;
  const people = await livekit.listPeople(streamId);
  if (!people?.some(({ publishes, recorder }) => publishes && !recorder)) return;
  if (open) {
    // Its last segments, before it is sealed. Storage that is away must not keep the next recorder waiting.
    await verifySegments({ db, storage }, open).catch((error: unknown) => {
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
  { db }: StartServices,
  {
    recordingId,
    streamId,
    replaces,
  }: { recordingId: string; streamId: string; replaces: Attempt | undefined },
): Promise<Attempt | undefined> {
  return db.transaction().execute(async (trx) => {
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
    const prefix = attemptPrefix(streamId, number);
    const { id } = await trx
      .insertInto("streaming_recording_attempts")
      .values({ recording_id: recordingId, number, prefix, requested_at: sql`clock_timestamp()` })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { id, recordingId, streamId, number, prefix, egressId: null, status: "requested", sealedAt: null };
  });
}

async function requestEgress(services: StartServices, attempt: Attempt): Promise<void> {
  const { db, queue, egress, log } = services;
  const { id: attemptId, streamId, prefix } = attempt;
  try {
    const egressId = await egress.start({ streamId, prefix });
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

/**
 * Asks egress about an attempt under way, since webhooks can be lost: what it says is taken like an announcement. A
 * start that nobody answered is looked for by its room; an attempt that egress does not know, or that does not become
 * active in time, is given up.
 */
export async function askAboutAttempt(services: StartServices, attempt: Attempt): Promise<void> {
  const { db, queue, egress } = services;
  const known = attempt.egressId
    ? await egress.list({ egressId: attempt.egressId })
    : await egress.list({ streamId: attempt.streamId });
  const said = known.find(({ egressId, prefix }) =>
    attempt.egressId ? egressId === attempt.egressId : prefix === attempt.prefix,
  );
  if (said) await db.transaction().execute((trx) => takeAnnouncement(trx, queue, said));
  const isActive = said !== undefined && said.status !== "starting";
  if (isActive) return;
  const patience = said ? activeSeconds : startAnswerSeconds;
  const late = await db
    .selectFrom("streaming_recording_attempts")
    .select("egress_id")
    .where("id", "=", attempt.id)
    .where("sealed_at", "is", null)
    .where("status", "in", said ? ["requested", "starting"] : ["requested", "starting", "active", "ending"])
    .where("requested_at", "<", sql<Date>`clock_timestamp() - make_interval(secs => ${patience})`)
    .executeTakeFirst();
  if (!late) return;
  const reason = said ? "it did not begin in time" : "nobody knows of it any more";
  await giveUp(services, { ...attempt, egressId: said?.egressId ?? late.egress_id }, reason);
}

/** Fails an attempt and tells its recorder to end, should there be one that still listens. */
export async function giveUp(services: StartServices, attempt: Attempt, reason: string): Promise<void> {
  const { db, queue, egress, log } = services;
  const failed = await db
    .transaction()
    .execute((trx) => failAttempt(trx, queue, { attemptId: attempt.id, reason, seal: true }));
  if (!failed) return;
  log.warn({ attemptId: attempt.id, streamId: attempt.streamId, reason }, "a recording attempt was given up");
  if (!attempt.egressId) return;
  await egress.stop(attempt.egressId).catch((error: unknown) => {
    // Its prefix is sealed, so whatever it still writes does no harm.
    log.warn({ err: error, attemptId: attempt.id }, "an egress did not answer its stop");
  });
}
