import { sql } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { ExportServices } from "./exports.ts";

/** A worker that was killed while exporting is missed after this long. */
export const claimSeconds = 30;

/** What a creator reads meanwhile: whatever storage has, it is none of the recording's. */
const storageAway =
  "Storage does not take it right now. It is tried again by itself, for as long as it takes.";

/** Longer than the queue pauses between two tries of a job. */
export const afterTheQueue = sql<Date>`clock_timestamp() + interval '10 minutes'`;

/** Takes an export up, unless somebody else has it, it is finished, or its recording was deleted. */
export async function claim({ db }: ExportServices, exportId: string) {
  return db
    .updateTable("streaming_recording_exports as x")
    .from("streaming_recordings as r")
    .set({
      status: "running",
      progress: 0,
      reason: "",
      tries: sql`x.tries + 1`,
      claims: sql`x.claims + 1`,
      work_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})`,
    })
    .whereRef("r.id", "=", "x.recording_id")
    .where("x.id", "=", exportId)
    .where("r.status", "=", "ready")
    .where("r.deleted_at", "is", null)
    .where("x.status", "in", ["waiting", "running"])
    .where((is) =>
      is.or([is("x.work_until", "is", null), is("x.work_until", "<", sql<Date>`clock_timestamp()`)]),
    )
    .returning([
      "x.kind",
      "x.recording_id as recordingId",
      "r.stream_id as streamId",
      "x.tries",
      "x.version",
      "x.claims",
    ])
    .executeTakeFirst();
}

/**
 * One making of an export by one worker. When what it shows was edited meanwhile, or another worker has taken it up since
 * nothing was heard of this one, there is another.
 */
export type Making = { exportId: string; version: number; claims: number };

/** Keeps it for a while; false when it is somebody else's by now. */
export async function hold(
  { db }: ExportServices,
  { exportId, version, claims }: Making,
  progress: number,
): Promise<boolean> {
  const held = await db
    .updateTable("streaming_recording_exports")
    .set({ progress, work_until: sql`clock_timestamp() + make_interval(secs => ${claimSeconds})` })
    .where("id", "=", exportId)
    .where("version", "=", version)
    .where("claims", "=", claims)
    .where("status", "=", "running")
    .returning("id")
    .executeTakeFirst();
  return held !== undefined;
}

/**
 * Leaves an export to the next try, or gives it up. `isTry`: it counts. The queue tries again itself; when it is through with
 * that, the sweep is next.
 */
export async function giveBack(
  { db }: ExportServices,
  {
    exportId,
    version,
    claims,
    streamId,
    isHopeless,
    isTry,
  }: Making & { streamId: string; isHopeless: boolean; isTry: boolean },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable("streaming_recording_exports")
      .set({
        status: isHopeless ? "failed" : "waiting",
        reason: isHopeless ? "It could not be made." : isTry ? "" : storageAway,
        work_until: null,
        next_try_at: afterTheQueue,
        ...(!isTry && { tries: sql`greatest(tries - 1, 0)` }),
      })
      .where("id", "=", exportId)
      .where("version", "=", version)
      .where("claims", "=", claims)
      .where("status", "=", "running")
      .execute();
    if (isHopeless) await notifyChange(trx, { kind: "stream", streamId });
  });
}
