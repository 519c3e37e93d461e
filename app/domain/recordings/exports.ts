import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Db } from "#db/client.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { claim, claimSeconds, giveBack, hold, type Making } from "./export-claims.ts";
import { exportMp4 } from "./export-mp4.ts";
import { deletePieces } from "./export-pieces.ts";
import { exportPoster, posterKey, posterSizes } from "./export-poster.ts";
import { exportSprite } from "./export-sprite.ts";

export type ExportServices = Pick<Services, "db" | "storage" | "media" | "log">;

export type ExportTask = {
  exportId: string;
  recordingId: string;
  streamId: string;
  /** Told now and then how much is done, 0 to 1; rejects when the work belongs to somebody else by now. */
  report: (progress: number) => Promise<void>;
};

/** What an export leaves in storage, verified. */
export type ExportResult = { key: string; bytes: number; sha256: string; durationMs: number | null };

const makers: Record<string, (services: ExportServices, task: ExportTask) => Promise<ExportResult | null>> = {
  mp4: exportMp4,
  poster: exportPoster,
  sprite: exportSprite,
};

const mostTries = 12;

/**
 * Makes one export of a recording (the MP4, the poster pictures, or the sheets of small ones). Its address in storage follows from the content,
 * so that a second run writes the same bytes to the same place. May run twice and at once: whoever finds it claimed or
 * finished does nothing. Rejects when it failed and should be tried again.
 */
export async function runExport(services: ExportServices, { exportId }: { exportId: string }): Promise<void> {
  const { log } = services;
  const claimed = await claim(services, exportId);
  if (!claimed) return;
  const { kind, recordingId, streamId, tries, version, claims } = claimed;
  const made = { exportId, version, claims };
  let told = 0;
  let progress = 0;
  const report = async (now: number) => {
    progress = now;
    if (Date.now() - told < 2000) return;
    told = Date.now();
    if (!(await hold(services, made, progress))) throw new Error("the export is somebody else's by now");
  };
  const holding = setInterval(
    () => void hold(services, made, progress).catch(() => {}),
    (claimSeconds / 3) * 1000,
  );
  try {
    const task = { exportId, recordingId, streamId, report };
    const result = await makers[kind]!(services, task);
    await finish(services, { ...made, kind, streamId, result });
  } catch (error) {
    const away = isAway(error);
    const isHopeless =
      (tries >= mostTries && !away) ||
      (isServiceError(error) && !error.retryable && error.service === "media");
    await giveBack(services, { ...made, streamId, isHopeless, isTry: !away });
    log.warn({ err: error, exportId, kind, tries }, "an export failed");
    if (!isHopeless) throw error;
  } finally {
    clearInterval(holding);
  }
}

/** What we found wrong with something that storage gave us. Anything else of storage's says that it is away. */
const wrong = new Set(["changed", "missing", "wrong_file"]);

/** That storage is away, for however long, does not mean that an export cannot be made. */
const isAway = (error: unknown) =>
  isServiceError(error) && error.service === "storage" && !wrong.has(error.code);

/** What was finished before there were small pictures gets them, too: their making is wanted, and the sweep sees to it. */
export async function insertMissingSprites(db: Db): Promise<void> {
  await sql`
    insert into streaming_recording_exports (recording_id, kind)
    select r.id, 'sprite' from streaming_recordings r
    where r.status = 'ready' and not exists (
      select from streaming_recording_exports x where x.recording_id = r.id and x.kind = 'sprite'
    )
    on conflict do nothing
  `.execute(db);
}

async function finish(
  { db, storage }: ExportServices,
  {
    exportId,
    version,
    claims,
    kind,
    streamId,
    result,
  }: Making & { kind: string; streamId: string; result: ExportResult | null },
): Promise<void> {
  const before = await db.transaction().execute(async (trx) => {
    const mine = await trx
      .selectFrom("streaming_recording_exports")
      .select("key")
      .where("id", "=", exportId)
      .where("version", "=", version)
      .where("claims", "=", claims)
      .where("status", "=", "running")
      .forUpdate()
      .executeTakeFirst();
    if (!mine) return null;
    await deletePieces(trx, exportId);
    await trx
      .updateTable("streaming_recording_exports")
      .set(
        result
          ? {
              status: "ready",
              key: result.key,
              bytes: result.bytes,
              sha256: result.sha256,
              edit: sql<number>`(select r.edit from streaming_recordings r where r.id = recording_id)`,
              duration_ms: result.durationMs,
              progress: 1,
              reason: "",
              ready_at: sql`clock_timestamp()`,
              work_until: null,
            }
          : { status: "failed", reason: "There is no picture in this recording.", work_until: null },
      )
      .where("id", "=", exportId)
      .execute();
    await notifyChange(trx, { kind: "stream", streamId });
    return mine.key;
  });
  // What showed an earlier edit. Should this be missed, it goes with the recording.
  if (before && result && before !== result.key)
    for (const key of await objectsOf(storage, { kind, key: before })) await storage.remove(key);
}

/** All objects of an export, of which its key names one. */
async function objectsOf(storage: ExportServices["storage"], { kind, key }: { kind: string; key: string }) {
  if (kind === "poster") return posterSizes.map((size) => posterKey(key, size));
  if (kind === "mp4") return [key];
  return (await storage.list(key.slice(0, key.lastIndexOf("/") + 1))).map((sheet) => sheet.key);
}
