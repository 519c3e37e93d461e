import { sql } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { grantChanged } from "./changed.ts";
import { grantMoves } from "./moves.ts";

/**
 * Marks grants whose end has passed by the database's clock, at most `most` in one go, and tells their holders' open
 * pages. Everybody who asks sees them as expired from the instant itself; the mark only keeps the rows honest, so it may
 * come late, twice, or from two workers at once. Gives how many it marked.
 */
export async function expireGrants(
  db: Db,
  queue: Queue,
  { most = 500 }: { most?: number } = {},
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const expired = await trx
      .updateTable("access_grants")
      .set({ status: grantMoves.expire.to, status_changed_at: sql`now()` })
      .where("id", "in", (grants) =>
        grants
          .selectFrom("access_grants")
          .select("id")
          .where("status", "in", grantMoves.expire.from)
          .where("ends_at", "<=", sql<Date>`clock_timestamp()`)
          .orderBy("ends_at")
          .limit(most)
          .forUpdate()
          .skipLocked(),
      )
      .where("status", "in", grantMoves.expire.from)
      .returning("id")
      .execute();
    for (const { id } of expired)
      await grantChanged(trx, queue, { grantId: id, kind: "expired", actorId: null });
    return expired.length;
  });
}
