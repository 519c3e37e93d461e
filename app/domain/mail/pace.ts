import { sql } from "kysely";
import type { Db } from "#db/client.ts";

/**
 * Reserves a time for `letters` letters where at most `perSecond` may go out in all processes together; gives in how many
 * milliseconds it begins. Whoever comes next gets the time behind it.
 */
export async function reserveTime(
  db: Db,
  { letters, perSecond }: { letters: number; perSecond: number },
): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    update mail_pace p
    set free_at = greatest(free_at, clock_timestamp()) + make_interval(secs => ${letters / perSecond})
    returning greatest(0, extract(epoch from (old.free_at - clock_timestamp())) * 1000)::float8 as ms
  `.execute(db);
  return rows[0]!.ms;
}
