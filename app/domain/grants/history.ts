import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantEventKind } from "#db/types.ts";

export type GrantEvent = {
  id: string;
  kind: AccessGrantEventKind;
  /** The address of who did it; null: its time ran out, or their account is gone. */
  by: string | null;
  at: Date;
  /** Null: without an end. */
  endsBefore: Date | null;
  endsAfter: Date | null;
  reason: string;
};

/** What became of a grant of a pass of this space, from its beginning. */
export async function listGrantEvents(
  db: Db,
  { spaceId, passId, grantId }: { spaceId: string; passId: string; grantId: string },
): Promise<GrantEvent[]> {
  const { rows } = await sql<GrantEvent>`
    select v.id, v.kind, u.email as by, v.happened_at as at, v.ends_before as "endsBefore", v.ends_after as "endsAfter",
      v.reason
    from access_grant_events v
    join access_grants g on g.id = v.access_grant_id and g.access_pass_id = ${passId}
    join access_passes p on p.id = g.access_pass_id and p.space_id = ${spaceId}
    left join users u on u.id = v.actor_id
    where v.access_grant_id = ${grantId}
    order by v.happened_at, v.id limit 500
  `.execute(db);
  return rows;
}
