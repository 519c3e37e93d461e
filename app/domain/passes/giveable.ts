import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";

/**
 * What keeps a pass of this space from being given: there is none, it or the space is retired (`gone`), or it is past its
 * last day (`over`). With `keepSpace` in a transaction the space stays open to its end.
 */
export async function findGivingBar(
  db: Kysely<Database>,
  { spaceId, passId, keepSpace = false }: { spaceId: string; passId: string; keepSpace?: boolean },
): Promise<"gone" | "over" | undefined> {
  const pass = await db
    .selectFrom("access_passes as p")
    .innerJoin("spaces as s", "s.id", "p.space_id")
    .select(sql<boolean>`coalesce(p.term_until <= now(), false)`.as("over"))
    .where("p.id", "=", passId)
    .where("p.space_id", "=", spaceId)
    .where("p.retired_at", "is", null)
    .where("s.retired_at", "is", null)
    .$if(keepSpace, (query) => query.forShare("s"))
    .executeTakeFirst();
  if (!pass) return "gone";
  return pass.over ? "over" : undefined;
}
