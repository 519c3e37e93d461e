import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { notifyChange } from "../changes/notices.ts";
import { grantMoves } from "./moves.ts";

/**
 * Marks grants whose end has passed by the database's clock, at most `most` in one go, and tells their holders' open
 * pages. Everybody who asks sees them as expired from the instant itself; the mark only keeps the rows honest, so it may
 * come late, twice, or from two workers at once. Gives how many it marked.
 */
export async function expireGrants(db: Db, { most = 500 }: { most?: number } = {}): Promise<number> {
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
      .returning("user_id as userId")
      .execute();
    const people = new Set(expired.map(({ userId }) => userId));
    for (const userId of people) await notifyChange(trx, { kind: "person", userId });
    return expired.length;
  });
}
