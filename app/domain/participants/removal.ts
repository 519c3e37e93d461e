import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { listAccessOfPeople, mayJoinRoom } from "#app/domain/access/decision.ts";
import type { Db } from "#db/client.ts";

type Needs = Pick<Services, "db" | "livekit">;

/** Takes a person, with all their tabs, out of these streams' rooms. Gives how many of their tabs were in one. */
export async function removeFromRooms(
  { db, livekit }: Needs,
  { userId, streamIds }: { userId: string; streamIds: string[] },
): Promise<number> {
  if (streamIds.length === 0) return 0;
  const known = await db
    .selectFrom("stream_participants")
    .select(["stream_id", "identity"])
    .where("user_id", "=", userId)
    .where("stream_id", "in", streamIds)
    .execute();
  await Promise.all(known.map(({ stream_id, identity }) => livekit.removePerson(stream_id, identity)));
  return known.length;
}

/**
 * Takes everybody out of a stream's room who may not be in it, and viewers of whom we know nothing. It is what follows
 * when somebody joins, and what the sweep does: a token that was given before can be used again.
 */
export async function sweepRoom({ db, livekit }: Needs, { streamId }: { streamId: string }): Promise<number> {
  const people = (await livekit.listPeople(streamId)) ?? [];
  const identities = people.filter(({ recorder }) => !recorder).map(({ identity }) => identity);
  if (identities.length === 0) return 0;
  const owners = await listOwners(db, { streamId, identities });
  const decisions = await listAccessOfPeople(db, { streamId, userIds: [...new Set(owners.values())] });
  const out = identities.filter((identity) => {
    const access = decisions.get(owners.get(identity) ?? "");
    return !access || !mayJoinRoom(access);
  });
  await Promise.all(out.map((identity) => livekit.removePerson(streamId, identity)));
  return out.length;
}

async function listOwners(
  db: Db,
  { streamId, identities }: { streamId: string; identities: string[] },
): Promise<Map<string, string>> {
  const { rows } = await sql<{ identity: string; user_id: string }>`
    select identity, user_id from stream_participants
    where stream_id = ${streamId}::uuid and identity = any(${identities}::text[])
  `.execute(db);
  return new Map(rows.map(({ identity, user_id }) => [identity, user_id]));
}

/** The sweep over all rooms that are on. */
export async function sweepRooms(services: Needs): Promise<void> {
  const on = await services.db
    .selectFrom("streams")
    .select("id")
    .where("status", "in", ["live", "rehearsal"])
    .execute();
  for (const { id } of on) await sweepRoom(services, { streamId: id });
}
