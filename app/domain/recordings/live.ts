import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Sample } from "#app/domain/media/sample.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { giveUp } from "./ask.ts";
import { type Attempt, beginRecording, selectAttempts, takeAnnouncement } from "./attempts.ts";
import { followBlanks } from "./blanks.ts";
import { askForCopies } from "./copy-claims.ts";
import { findLag, noteLag } from "./lag.ts";
import { lookAtSamples } from "./looks.ts";
import type { StartServices } from "./start.ts";
import { inHurry } from "./stores.ts";
import { verifySegments } from "./verify.ts";

type LiveServices = StartServices & Pick<Services, "media">;

/** A worker that was killed while reading segments back is missed after this long. */
const claimSeconds = 15;
const holdEveryMs = (claimSeconds / 3) * 1000;
const silentSeconds = 10;
/** Of a recorder whose pieces come, and none of them plays: first, and at most. */
const refusedSeconds = 30;
const longestRefusedSeconds = 600;
/** Of more than these, those that were looked at last wait for the next turn. */
export const mostAtOnce = 40;

/**
 * Verifies what the recorders of live streams have written since the last time, and gives up one that has gone silent:
 * a recorder host that died is announced by nobody, and only storage tells. Several workers share the attempts: each
 * one is claimed before it is looked at, and stays so while that takes: a turn that storage keeps waiting and the next one
 * are not at the same attempts.
 */
export async function verifyLiveSegments(services: LiveServices): Promise<void> {
  const attempts = await claimAttempts(services);
  await Promise.all(
    attempts.map(async (attempt) => {
      const holding = setInterval(() => void holdOn(services, attempt).catch(() => {}), holdEveryMs);
      try {
        await lookAt(services, attempt);
      } catch (error) {
        services.log.warn({ err: error, attemptId: attempt.id }, "segments could not be verified");
        if (isServiceError(error) && error.service === "storage")
          await noteLag(services, attempt, "storage_away");
      } finally {
        clearInterval(holding);
        await services.db
          .updateTable("streaming_recording_attempts")
          .set({ look_until: sql`clock_timestamp()` })
          .where("id", "=", attempt.id)
          .execute();
      }
    }),
  );
}

async function claimAttempts({ db }: StartServices): Promise<Attempt[]> {
  const claimed = await db
    .updateTable("streaming_recording_attempts")
    .set({ look_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})` })
    .where("id", "in", (of) =>
      of
        .selectFrom("streaming_recording_attempts as a")
        .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
        .select("a.id")
        .where("a.sealed_at", "is", null)
        .where("a.egress_id", "is not", null)
        .where("r.status", "in", ["starting", "recording", "stopping"])
        .where((is) =>
          is.or([is("a.look_until", "is", null), is("a.look_until", "<", sql<Date>`clock_timestamp()`)]),
        )
        .orderBy("a.look_until", (look) => look.asc().nullsFirst())
        .orderBy("a.created_at")
        .limit(mostAtOnce)
        .forUpdate(["a"])
        .skipLocked(),
    )
    .returning("id")
    .execute();
  if (claimed.length === 0) return [];
  const ids = claimed.map(({ id }) => id);
  return selectAttempts(db).where("a.id", "in", ids).execute();
}

async function holdOn({ db }: StartServices, { id: attemptId }: Attempt): Promise<void> {
  await db
    .updateTable("streaming_recording_attempts")
    .set({ look_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})` })
    .where("id", "=", attemptId)
    // Let go meanwhile: then it is not held any more.
    .where("look_until", ">", sql<Date>`clock_timestamp()`)
    .execute();
}

async function lookAt(services: LiveServices, attempt: Attempt): Promise<void> {
  const { db, queue } = services;
  const begun = performance.now();
  const samples: Sample[] = [];
  const good = await verifySegments(inHurry(services), attempt, { samples });
  const lag = await findLag(services, attempt, { ms: performance.now() - begun, good });
  if (attempt.status === "active") await noteLag(services, attempt, lag);
  if (good > 0) {
    await db.transaction().execute(async (trx) => {
      // Segments are there: it is active, whoever forgot to say so.
      const { egressId, streamId, prefix, recordingId } = attempt;
      if (attempt.status === "starting" && egressId)
        await takeAnnouncement(trx, queue, { egressId, streamId, prefix, status: "active", reason: "" });
      else if (attempt.status === "active") await beginRecording(trx, recordingId);
      if (attempt.store === "beside") await askForCopies(trx, queue, { attemptId: attempt.id });
      await notifyChange(trx, { kind: "stream", streamId });
    });
    // Verified is verified: this comes after it, and nobody waits for it.
    await lookAtSamples(services, attempt, samples);
    await followBlanks(services, attempt);
    return;
  }
  // One that said it would end can be silent as well: its host was lost before it had.
  if (attempt.status !== "active" && attempt.status !== "ending") return;
  const silent = await findSilence(services, attempt);
  if (silent) await giveUp(services, attempt, silent);
}

/**
 * Why nothing is to be expected from a running recorder any more. One whose pieces come and do not play is told from one that is
 * silent: another may have the same fault, so each that follows it is given twice as long, and goes on writing meanwhile.
 */
async function findSilence({ db }: LiveServices, { id: attemptId }: Attempt): Promise<string | undefined> {
  const { rows } = await sql<{ isSilent: boolean; isRefused: boolean }>`
    select greatest(a.active_at, pieces.last) < clock_timestamp() - make_interval(secs => ${silentSeconds}) as "isSilent",
      pieces.last is not null and greatest(a.active_at, pieces.good) < clock_timestamp() - make_interval(secs =>
        least(${longestRefusedSeconds}, ${refusedSeconds} * power(2, least(before.count, 10)))) as "isRefused"
    from streaming_recording_attempts a
    join streaming_recordings r on r.id = a.recording_id
    cross join lateral (
      select max(g.verified_at) as last, max(g.verified_at) filter (where g.problem is null) as good
      from streaming_recording_segments g where g.attempt_id = a.id
    ) pieces
    cross join lateral (
      select coalesce(max(b.number), 0) as number from streaming_recording_attempts b
      where b.recording_id = a.recording_id and b.number < a.number
        and exists (select from streaming_recording_segments g where g.attempt_id = b.id and g.problem is null)
    ) played
    cross join lateral (
      select count(*) from streaming_recording_attempts b
      where b.recording_id = a.recording_id and b.number < a.number and b.number > played.number
        and exists (select from streaming_recording_segments g where g.attempt_id = b.id)
    ) before
    where a.id = ${attemptId}::uuid and a.status in ('active', 'ending') and r.status = 'recording'
  `.execute(db);
  if (rows[0]?.isSilent) return "nothing came from it any more";
  return rows[0]?.isRefused ? "nothing of what it wrote plays" : undefined;
}
