import { sql } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";

type OfImport = { passId: string; importId: string };

/**
 * Has a worker give the pass to the people of an import that was shown. False when it is not this pass's, or was
 * confirmed before, which changes nothing.
 */
export async function confirmImport(
  db: Db,
  queue: Queue,
  { passId, importId, actorId }: OfImport & { actorId: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const confirmed = await trx
      .updateTable("access_grant_imports")
      .set({ status: "importing", confirmed_by: actorId })
      .set({ confirmed_at: sql`clock_timestamp()`, moved_at: sql`clock_timestamp()` })
      .where("id", "=", importId)
      .where("access_pass_id", "=", passId)
      .where("status", "=", "ready")
      .returning("id")
      .executeTakeFirst();
    if (confirmed) await enqueue(trx, queue, "grant.import", { importId });
    return confirmed !== undefined;
  });
}

/** Deletes an import with its lines, where it is not at work. Who got the pass by it keeps it. */
export async function deleteImport(db: Db, { passId, importId }: OfImport): Promise<boolean> {
  const deleted = await db
    .deleteFrom("access_grant_imports")
    .where("id", "=", importId)
    .where("access_pass_id", "=", passId)
    .where("status", "in", ["ready", "done"])
    .returning("id")
    .executeTakeFirst();
  return deleted !== undefined;
}

const stillSeconds = 30;

/** Has a worker go on with imports of which no part was done for half a minute: their job was lost. */
export async function resumeImports(db: Db, queue: Queue): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ importId: string }>`
      update access_grant_imports set moved_at = clock_timestamp()
      where id in (
        select id from access_grant_imports
        where status = 'importing' and moved_at < clock_timestamp() - make_interval(secs => ${stillSeconds})
        for update skip locked)
      returning id as "importId"
    `.execute(trx);
    for (const { importId } of rows) await enqueue(trx, queue, "grant.import", { importId });
  });
}
