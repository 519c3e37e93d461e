import { sql } from "kysely";
import { enqueue } from "#app/jobs/queue.ts";
import { askAboutAttempt } from "./ask.ts";
import { selectAttempts } from "./attempts.ts";
import { afterTheQueue } from "./export-claims.ts";
import { finalizeRecording } from "./finalize.ts";
import { recordingMoves } from "./moves.ts";
import { stopRecording } from "./recordings.ts";
import { startRecording, type StartServices } from "./start.ts";

/** A recorder that was told to stop and says nothing is waited for this long, and longer while segments still come. */
const stopSeconds = 8;
const longestStopSeconds = 60;

/*
 * What nobody told us is found by asking, for every recording that is not finished. Each thing is guarded where it is
 * done, so several workers may sweep; one recording's failure is logged and keeps no other waiting. They are separate
 * tasks, since one of the outside worlds can be away and slow to say so.
 */

/** Stops recordings whose stream is over. */
export const sweepForgotten = (services: StartServices) =>
  sweep(services, "stop", listForgotten, (id) => stopForgotten(services, id));

/** Starts recorders where one should be running. */
export const sweepStarts = (services: StartServices) =>
  sweep(services, "start", listToStart, (id) => startRecording(services, { recordingId: id }));

/** Asks egress about attempts under way. */
export const sweepAttempts = (services: StartServices) =>
  sweep(services, "ask", claimToAsk, (id) => askAbout(services, id));

/** Finishes recordings whose recorder never answered its stop, or whose worker left. */
export const sweepFinishing = (services: StartServices, signal?: AbortSignal) =>
  sweep(
    services,
    "finalize",
    listToFinalize,
    (id) => finalizeRecording(services, { recordingId: id }, signal),
    signal,
  );

/** Gives exports another job whose own is gone. */
export const sweepExports = (services: StartServices) =>
  sweep(services, "export", listExports, (id) => requestExport(services, id));

const atOnce = 6;

/** Does one thing for each of those that are waiting for it, some at once; begins no other when `signal` says so. */
export async function sweep(
  services: StartServices,
  task: string,
  list: (services: StartServices) => Promise<string[]>,
  run: (id: string) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const waiting = await list(services);
  const work = async () => {
    for (let id = waiting.shift(); id && !signal?.aborted; id = waiting.shift()) {
      try {
        await run(id);
      } catch (error) {
        services.log.warn({ err: error, id, task }, "a recording was not swept");
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** Recordings whose stream is over although nobody stopped them. */
async function listForgotten({ db }: StartServices): Promise<string[]> {
  const rows = await db
    .selectFrom("streaming_recordings as r")
    .innerJoin("streams as s", "s.id", "r.stream_id")
    .select("r.stream_id as id")
    .where("r.status", "in", recordingMoves.stop.from)
    .where("s.status", "in", ["ended", "cancelled"])
    .limit(100)
    .execute();
  return rows.map(({ id }) => id);
}

async function stopForgotten({ db, queue }: StartServices, streamId: string): Promise<void> {
  await db.transaction().execute((trx) => stopRecording(trx, queue, { streamId }));
}

async function listToStart({ db }: StartServices): Promise<string[]> {
  const rows = await db
    .selectFrom("streaming_recordings as r")
    .innerJoin("streams as s", "s.id", "r.stream_id")
    .leftJoin("streaming_recording_attempts as a", (join) =>
      join.onRef("a.recording_id", "=", "r.id").on("a.sealed_at", "is", null),
    )
    .select("r.id")
    .where("r.status", "in", ["starting", "recording"])
    .where("s.status", "=", "live")
    .where((is) => is.or([is("a.id", "is", null), is("a.status", "in", ["complete", "failed", "aborted"])]))
    .where((is) =>
      is.or([is("r.retry_at", "is", null), is("r.retry_at", "<=", sql<Date>`clock_timestamp()`)]),
    )
    .limit(100)
    .execute();
  return rows.map(({ id }) => id);
}

/** Segments are 2 s long: an attempt without a new one for so long may have ended, and storage does not say why. */
const quietSeconds = 4;

/**
 * Attempts under way that nobody has asked about lately: those that should change soon, and those from which nothing comes,
 * are asked about more often. One that has ended is so known to have ended before it is missed as silent.
 */
async function claimToAsk({ db }: StartServices): Promise<string[]> {
  const rows = await db
    .updateTable("streaming_recording_attempts as asked")
    .set({ asked_at: sql`clock_timestamp()` })
    .where("asked.id", "in", (of) =>
      of
        .selectFrom("streaming_recording_attempts as a")
        .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
        .select("a.id")
        .where("a.sealed_at", "is", null)
        .where("a.status", "not in", ["complete", "failed", "aborted"])
        .where("r.status", "in", ["starting", "recording", "stopping"])
        .where(
          sql<Date>`coalesce(a.asked_at, a.requested_at, a.created_at)`,
          "<",
          sql<Date>`clock_timestamp() - case
            when r.status = 'stopping' or a.status in ('requested', 'starting') then interval '900 milliseconds'
            when clock_timestamp() - make_interval(secs => ${quietSeconds}) > greatest(a.active_at, (
              select s.verified_at from streaming_recording_segments s where s.attempt_id = a.id
              order by s.number desc limit 1
            )) then interval '900 milliseconds'
            else interval '10 seconds' end`,
        )
        .limit(100)
        .forUpdate(["a"])
        .skipLocked(),
    )
    .returning("asked.id")
    .execute();
  return rows.map(({ id }) => id);
}

async function askAbout(services: StartServices, attemptId: string): Promise<void> {
  const attempt = await selectAttempts(services.db).where("a.id", "=", attemptId).executeTakeFirst();
  if (attempt) await askAboutAttempt(services, attempt);
}

async function listToFinalize({ db }: StartServices): Promise<string[]> {
  const rows = await db
    .selectFrom("streaming_recordings as r")
    .leftJoin("streaming_recording_attempts as a", (join) =>
      join.onRef("a.recording_id", "=", "r.id").on("a.sealed_at", "is", null),
    )
    .select("r.id")
    .where((is) =>
      is.or([
        is.and([
          is("r.status", "=", "stopping"),
          is.or([
            is("a.status", "in", ["complete", "failed", "aborted"]),
            is(
              "r.stopped_at",
              "<",
              sql<Date>`clock_timestamp() - make_interval(secs => ${longestStopSeconds})`,
            ),
            is.and([
              is("r.stopped_at", "<", sql<Date>`clock_timestamp() - make_interval(secs => ${stopSeconds})`),
              is.not(
                is.exists(
                  is
                    .selectFrom("streaming_recording_segments as s")
                    .select("s.number")
                    .whereRef("s.attempt_id", "=", "a.id")
                    .where("s.verified_at", ">", sql<Date>`clock_timestamp() - interval '4 seconds'`),
                ),
              ),
            ]),
          ]),
        ]),
        is.and([
          is("r.status", "=", "finalizing"),
          is.or([is("r.work_until", "is", null), is("r.work_until", "<", sql<Date>`clock_timestamp()`)]),
        ]),
      ]),
    )
    .limit(100)
    .execute();
  return rows.map(({ id }) => id);
}

/** Exports whose worker was killed, and those whose time to be tried has come: the queue's own tries were used up. */
async function listExports({ db }: StartServices): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select x.id from streaming_recording_exports x
    join streaming_recordings r on r.id = x.recording_id and r.deleted_at is null
    where (x.status = 'waiting' and x.next_try_at < clock_timestamp())
      or (x.status = 'running' and x.work_until < clock_timestamp())
    order by x.next_try_at limit 100
  `.execute(db);
  return rows.map(({ id }) => id);
}

/** Once, whoever else sweeps: the next one asks for it when the queue is through with this job. */
async function requestExport({ db, queue }: StartServices, exportId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql`
      update streaming_recording_exports
      set status = 'waiting', work_until = null, next_try_at = ${afterTheQueue}
      where id = ${exportId}::uuid and ((status = 'waiting' and next_try_at < clock_timestamp())
        or (status = 'running' and work_until < clock_timestamp()))
      returning id
    `.execute(trx);
    if (rows.length > 0) await enqueue(trx, queue, "recording.export", { exportId });
  });
}
