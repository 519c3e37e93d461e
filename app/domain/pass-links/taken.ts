import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { AccessGrantStatus } from "#db/types.ts";
import { grantStatus } from "../grants/lists.ts";

export type Taken = {
  id: string;
  email: string;
  name: string;
  status: AccessGrantStatus;
  started: boolean;
  takenAt: Date;
  endsAt: Date | null;
};

/** Who took a pass by one of its links, the newest first, at most `most` of those before the grant `before`. */
export async function listTaken(
  db: Db,
  {
    spaceId,
    passId,
    linkId,
    before = "ffffffff-ffff-ffff-ffff-ffffffffffff",
    most,
  }: { spaceId: string; passId: string; linkId: string; before?: string; most: number },
): Promise<Taken[]> {
  const { rows } = await sql<Taken>`
    select g.id, u.email, u.name, ${grantStatus} as status, g.starts_at <= now() as started,
      g.created_at as "takenAt", g.ends_at as "endsAt"
    from access_grants g
    join access_passes p on p.id = g.access_pass_id and p.space_id = ${spaceId}
    join users u on u.id = g.user_id
    where g.access_pass_link_id = ${linkId} and g.access_pass_id = ${passId} and g.id < ${before}::uuid
    order by g.id desc limit ${most}
  `.execute(db);
  return rows;
}
