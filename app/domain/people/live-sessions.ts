import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { sessionIdleDays } from "./sessions.ts";

/** Which of these sessions (ids) still sign somebody in. */
export async function listLiveSessions(db: Db, sessionIds: string[]): Promise<Set<string>> {
  if (sessionIds.length === 0) return new Set();
  const rows = await db
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user_id")
    .select("s.id")
    .where(sql<boolean>`s.id = any(${sessionIds}::uuid[])`)
    .where("s.ended_at", "is", null)
    .where("s.expires_at", ">", sql<Date>`clock_timestamp()`)
    .where("s.last_seen_at", ">", sql<Date>`clock_timestamp() - make_interval(days => ${sessionIdleDays})`)
    .where("u.disabled_at", "is", null)
    .execute();
  return new Set(rows.map((row) => row.id));
}
