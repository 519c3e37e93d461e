import { sql, type Transaction } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database } from "#db/client.ts";
import type { Json } from "#db/types.ts";
import type { ActKind } from "./act-kinds.ts";

/** Acts that call for something outside of our database, which the job does. The others are in force once they are written. */
const enforced: ReadonlySet<ActKind> = new Set([
  "message_deleted",
  "message_restored",
  "messages_deleted",
  "message_pinned",
  "message_unpinned",
  "banned",
]);

export type NewAct = {
  spaceId: string;
  streamId?: string | null;
  kind: ActKind;
  actorId: string;
  targetUserId?: string | null;
  messageId?: string | null;
  reason?: string;
  until?: Date | null;
  details?: Json;
  /** What came of it, of an act that is in force at once. */
  outcome?: string;
};

export const mostReasonLength = 300;

/**
 * Writes an act down as a part of the change that it is, with the job that makes the outside agree where there is
 * something to agree on. Gives its id.
 */
export async function insertAct(trx: Transaction<Database>, queue: Queue, act: NewAct): Promise<string> {
  const isEnforced = enforced.has(act.kind);
  const { id } = await trx
    .insertInto("moderation_acts")
    .values({
      space_id: act.spaceId,
      stream_id: act.streamId ?? null,
      kind: act.kind,
      actor_id: act.actorId,
      target_user_id: act.targetUserId ?? null,
      message_id: act.messageId ?? null,
      reason: act.reason ?? "",
      until: act.until ?? null,
      details: JSON.stringify(act.details ?? {}),
      outcome: act.outcome ?? "",
      enforced_at: isEnforced ? null : sql`clock_timestamp()`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  if (isEnforced) await enqueue(trx, queue, "moderation.enforce", { actId: id });
  return id;
}
