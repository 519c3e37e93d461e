import { sql, type Transaction } from "kysely";
import { findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { lockLease } from "./lease.ts";
import { streamMoves } from "./moves.ts";

export { startRehearsal } from "./broadcast.ts";

export const rehearsalMinutes = 15;

export type RehearsalStop =
  { ok: true; already: boolean } | { ok: false; reason: "not_found" | "not_host" | "moved_on" };

/** Back to scheduled, by a host of the team. Stopped already: fine. Live or over by now: refused, nothing changed. */
export async function stopRehearsal(
  db: Db,
  queue: Queue,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<RehearsalStop> {
  return db.transaction().execute(async (trx): Promise<RehearsalStop> => {
    const access = await findAccess(trx, { streamId, userId });
    if (!access?.mayModerate) return { ok: false, reason: "not_found" };
    if (!access.mayHost) return { ok: false, reason: "not_host" };
    await lockLease(trx, { streamId });
    if (await moveToScheduled(trx, queue, { streamId })) return { ok: true, already: false };
    const now = await trx
      .selectFrom("streams")
      .select("status")
      .where("id", "=", streamId)
      .executeTakeFirst();
    return now?.status === "scheduled" ? { ok: true, already: true } : { ok: false, reason: "moved_on" };
  });
}

/** Rehearsals whose host has been away for 15 minutes go back to scheduled; gives their ids. */
export async function stopAbandonedRehearsals(db: Db, queue: Queue): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.id from streams s
    left join stream_host_leases lease on lease.stream_id = s.id
    left join stream_host_watch watch on true
    where s.status = 'rehearsal'
      and greatest(s.rehearsal_at, lease.seen_at, watch.since) < clock_timestamp() - make_interval(mins => ${rehearsalMinutes})
  `.execute(db);
  const stopped: string[] = [];
  for (const { id } of rows) {
    const done = await db.transaction().execute(async (trx) => {
      await lockLease(trx, { streamId: id });
      return moveToScheduled(trx, queue, { streamId: id, silentMinutes: rehearsalMinutes });
    });
    if (done) stopped.push(id);
  }
  return stopped;
}

async function moveToScheduled(
  trx: Transaction<Database>,
  queue: Queue,
  { streamId, silentMinutes }: { streamId: string; silentMinutes?: number },
): Promise<boolean> {
  let update = trx
    .updateTable("streams")
    .set({ status: streamMoves.stopRehearsal.to, rehearsal_at: null, updated_at: sql`now()` })
    .where("id", "=", streamId)
    .where("status", "in", streamMoves.stopRehearsal.from);
  if (silentMinutes !== undefined) {
    const since = sql<Date>`clock_timestamp() - make_interval(mins => ${silentMinutes})`;
    update = update
      .where("rehearsal_at", "<", since)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("stream_host_leases")
              .select("tab")
              .where("stream_id", "=", streamId)
              .where("seen_at", ">=", since),
          ),
        ),
      );
  }
  const moved = await update.returning("id").executeTakeFirst();
  if (!moved) return false;
  await trx.deleteFrom("stream_host_leases").where("stream_id", "=", streamId).execute();
  await enqueue(trx, queue, "stream.close-room", { streamId });
  await notifyChange(trx, { kind: "stream", streamId });
  return true;
}
