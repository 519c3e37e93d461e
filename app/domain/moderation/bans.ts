import { type Kysely, sql } from "kysely";
import type { Services } from "#app/context.ts";
import { chatName } from "#app/domain/chat/messages.ts";
import type { Database } from "#db/client.ts";
import { liftBanIn } from "./people.ts";
import type { LogPerson } from "./log.ts";

export type Ban = {
  id: string;
  person: LogPerson;
  by: string;
  /** The one stream that it is from; null: from the whole space. */
  stream: { id: string; title: string } | null;
  reason: string;
  since: Date;
  until: Date | null;
};

/** The bans that are in force in a space, newest first, `most` from `offset` on, with how many there are in all. */
export async function listBans(
  db: Kysely<Database>,
  { spaceId, most, offset, withMail }: { spaceId: string; most: number; offset: number; withMail: boolean },
): Promise<{ bans: Ban[]; total: number }> {
  const { rows } = await sql<{
    id: string;
    user_id: string;
    name: string;
    email: string;
    by_id: string;
    by_name: string;
    stream_id: string | null;
    title: string | null;
    reason: string;
    since: Date;
    until: Date | null;
    total: number;
  }>`
    select f.id, f.user_id, u.name, u.email, b.banned_by as by_id, a.name as by_name, f.stream_id, s.title,
      f.reason, b.created_at as since, f.ends_at as until, count(*) over ()::int as total
    from space_bans_in_force f
    join space_bans b on b.id = f.id
    join users u on u.id = f.user_id
    join users a on a.id = b.banned_by
    left join streams s on s.id = f.stream_id
    where f.space_id = ${spaceId}::uuid
    order by b.created_at desc, f.id desc limit ${most} offset ${offset}
  `.execute(db);
  return {
    total: rows[0]?.total ?? 0,
    bans: rows.map((row) => ({
      id: row.id,
      person: {
        id: row.user_id,
        name: chatName(row.name, row.user_id),
        email: withMail ? row.email : null,
      },
      by: chatName(row.by_name, row.by_id),
      stream: row.stream_id ? { id: row.stream_id, title: row.title ?? "" } : null,
      reason: row.reason,
      since: row.since,
      until: row.until,
    })),
  };
}

/**
 * Lifts one ban of a space, by somebody whose right to moderate there was asked for before. False when it is not in
 * force any more, or of another space: nothing happens then.
 */
export async function liftBanById(
  { db, queue }: Pick<Services, "db" | "queue">,
  { spaceId, banId, actorId }: { spaceId: string; banId: string; actorId: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const ban = await trx
      .selectFrom("space_bans_in_force")
      .select(["stream_id", "user_id"])
      .where("id", "=", banId)
      .where("space_id", "=", spaceId)
      .executeTakeFirst();
    if (!ban?.user_id) return false;
    const { stream_id: streamId, user_id: targetId } = ban;
    return liftBanIn(trx, queue, { spaceId, bannedFrom: streamId, streamId, targetId, actorId });
  });
}
