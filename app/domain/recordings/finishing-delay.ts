import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { isNothingThere } from "./missing.ts";
import { isNotConfigured } from "./stores.ts";

/**
 * A recording could not be finished: it is tried again, and not at once, since what failed is most likely still away. Where it
 * waits for storage, that is told to the team.
 */
export async function noteDelay(
  { db }: Pick<Services, "db">,
  recordingId: string,
  error: unknown,
): Promise<void> {
  const reason = isServiceError(error) && error.service === "storage" ? whyItWaits(error) : "";
  await db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom("streaming_recordings")
      .select(["stream_id as streamId", "reason"])
      .where("id", "=", recordingId)
      .where("status", "=", "finalizing")
      .forUpdate()
      .executeTakeFirst();
    if (!before) return;
    await trx
      .updateTable("streaming_recordings")
      .set({ reason, work_until: sql`clock_timestamp() + interval '2 seconds'` })
      .where("id", "=", recordingId)
      .execute();
    if (before.reason !== reason) await notifyChange(trx, { kind: "stream", streamId: before.streamId });
  });
}

const whyItWaits = (error: unknown): string =>
  isNothingThere(error) || isNotConfigured(error)
    ? "Storage has nothing of what was recorded and verified. The service may be set to another storage now."
    : "Storage does not give all of what was recorded.";
