import { sql } from "kysely";
import type { Db } from "#db/client.ts";

/**
 * Deletes lists of people with their lines: those that nobody confirmed for a day, and those that were imported a week
 * ago. One at a time and each as a whole, so that none is confirmed of which a part is gone.
 */
export async function deleteOldImports(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      delete from access_grant_imports where id in (
        select id from access_grant_imports
        where (status in ('reading', 'ready') and made_at < now() - interval '1 day')
          or (status = 'done' and done_at < now() - interval '7 days')
        limit 1 for update skip locked)
      returning 1
    `.execute(db);
    if (rows.length === 0) return;
  }
}
