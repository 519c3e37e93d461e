import { databaseNow } from "#app/services/clock.ts";
import type { Auditing, Finding } from "./audit.ts";

const dayMs = 24 * 3_600_000;

/** Uploads that nobody goes on with: they take space, and no listing shows them. */
export async function* auditUploads({ db, storage, settledMs }: Auditing): AsyncGenerator<Finding> {
  const patienceMs = Math.min(dayMs, settledMs * 24);
  for (const { key, uploadId, begunAt } of await storage.listUploads("")) {
    if (databaseNow() - begunAt.getTime() < patienceMs) continue;
    const used = await db
      .selectFrom("streaming_recording_exports")
      .select("id")
      .where("upload_id", "=", uploadId)
      .where("status", "in", ["waiting", "running"])
      .executeTakeFirst();
    if (used) continue;
    yield {
      kind: "upload-left",
      key,
      words: `an upload of ${begunAt.toISOString()} that nobody goes on with`,
      repair: ({ storage }) => storage.abortUpload({ key, uploadId }),
    };
  }
}
