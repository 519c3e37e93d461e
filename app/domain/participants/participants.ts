import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";

export type ViewerTab = { streamId: string; userId: string; sessionId: string; tab: string };

/**
 * The LiveKit identity under which this browser tab watches this stream, the same each time. LiveKit shows identities to
 * everybody in the room, so it says nothing; who stands behind it is our row.
 */
export async function claimViewerIdentity(db: Kysely<Database>, viewer: ViewerTab): Promise<string> {
  const { streamId, userId, sessionId, tab } = viewer;
  const { identity } = await db
    .insertInto("stream_participants")
    .values({
      identity: `v_${randomBytes(12).toString("base64url")}`,
      stream_id: streamId,
      user_id: userId,
      session_id: sessionId,
      tab,
      role: "viewer",
    })
    // An update that changes nothing, because only a touched row is returned.
    .onConflict((conflict) =>
      conflict
        .columns(["stream_id", "session_id", "tab", "role"])
        .doUpdateSet({ user_id: sql<string>`excluded.user_id` }),
    )
    .returning("identity")
    .executeTakeFirstOrThrow();
  return identity;
}

export type Owner = { userId: string; sessionId: string };

/** Whose each of these identities is; nobody's when the person has signed out there. */
export async function listOwners(
  db: Kysely<Database>,
  { streamId, identities }: { streamId: string; identities: string[] },
): Promise<Map<string, Owner>> {
  const { rows } = await sql<Owner & { identity: string }>`
    select p.identity, p.user_id as "userId", p.session_id as "sessionId"
    from stream_participants p join sessions s on s.id = p.session_id and s.ended_at is null
    where p.stream_id = ${streamId}::uuid and p.identity = any(${identities}::text[])
  `.execute(db);
  return new Map(rows.map(({ identity, ...owner }) => [identity, owner]));
}
