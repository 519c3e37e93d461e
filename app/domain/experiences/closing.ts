import { sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";
import { notifyChange } from "../changes/notices.ts";

type Trx = Transaction<Database>;

/**
 * Cancels what is scheduled in these experiences, before they are retired. Refuses, changing nothing, while one of their
 * streams is live or in rehearsal. The streams stay locked to the transaction's end, so none can begin meanwhile.
 */
export async function cancelStreamsOf(
  trx: Trx,
  experienceIds: string[],
): Promise<{ ok: true; cancelled: number } | { ok: false; title: string }> {
  if (experienceIds.length === 0) return { ok: true, cancelled: 0 };
  const open = await trx
    .selectFrom("streams")
    .select(["id", "title", "status"])
    .where("experience_id", "in", experienceIds)
    .where("status", "in", ["scheduled", "rehearsal", "live"])
    .orderBy("id")
    .forUpdate()
    .execute();
  const busy = open.find(({ status }) => status !== "scheduled");
  if (busy) return { ok: false, title: busy.title };
  if (open.length === 0) return { ok: true, cancelled: 0 };
  await trx
    .updateTable("streams")
    .set({
      status: "cancelled",
      cancelled_at: sql`now()`,
      edit_version: sql<number>`edit_version + 1`,
      updated_at: sql`now()`,
    })
    .where(
      "id",
      "in",
      open.map(({ id }) => id),
    )
    .where("status", "=", "scheduled")
    .execute();
  for (const { id } of open) await notifyChange(trx, { kind: "stream", streamId: id });
  return { ok: true, cancelled: open.length };
}
