import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";

/** A time-out that runs: the person reads and cannot write. */
export type Silence = { until: Date; reason: string; remainingSeconds: number };

/** The time-out of a person in a stream that ends last; undefined when none runs. */
export async function findSilence(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string; userId: string },
): Promise<Silence | undefined> {
  const { rows } = await sql<{ until: Date; reason: string; seconds: number }>`
    select until, reason, ceil(extract(epoch from until - clock_timestamp()))::integer as seconds
    from streaming_chat_timeouts
    where stream_id = ${streamId}::uuid and user_id = ${userId}::uuid and lifted_at is null and until > clock_timestamp()
    order by until desc
    limit 1
  `.execute(db);
  const row = rows[0];
  return row && { until: row.until, reason: row.reason, remainingSeconds: Math.max(1, row.seconds) };
}
