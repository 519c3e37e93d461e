import { sql } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { grantsChanged } from "./changed.ts";
import { grantMoves } from "./moves.ts";

/**
 * Marks grants whose end has passed by the database's clock, at most `most` in one go, and has it enforced. Everybody
 * who asks sees them as expired from the instant itself, so it may come late, twice, or from two workers at once. Gives
 * how many it marked.
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
    await grantsChanged(
      trx,
      queue,
      expired.map(({ id }) => id),
      { kind: "expired", actorId: null },
    );
    return expired.length;
  });
}

/** In how many milliseconds of the database's clock the next grant ends (0: one has); undefined when none has an end. */
export async function findNextEnd(db: Db): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number }>`
    select greatest(0, extract(epoch from (ends_at - clock_timestamp())) * 1000)::float8 as ms
    from access_grants where status = 'active' and ends_at is not null
    order by ends_at limit 1
  `.execute(db);
  return rows[0]?.ms;
}
