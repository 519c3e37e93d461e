import { sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import type { SpaceRole } from "#db/types.ts";
import { enforceAccess } from "../access/enforcement.ts";
import { takeFromFormerOwner } from "./former-owner.ts";
import { mayManage, rolesManagedBy } from "./rights.ts";

export type Team = { spaceId: string; slug: string; name: string; role: SpaceRole };
export type Member = { userId: string; email: string; name: string; role: SpaceRole; since: Date };
export type TeamRefusal = { ok: false; reason: "not_allowed" | "last_owner" };

/** The teams that somebody belongs to, oldest first; spaces that were retired are left out. */
export async function listTeams(db: Db, userId: string): Promise<Team[]> {
  return db
    .selectFrom("space_members as m")
    .innerJoin("spaces as s", "s.id", "m.space_id")
    .select(["s.id as spaceId", "s.slug", "s.name", "m.role"])
    .where("m.user_id", "=", userId)
    .where("s.retired_at", "is", null)
    .orderBy("m.created_at")
    .orderBy("s.id")
    .execute();
}

/** Somebody's role in the team of a space, or undefined. */
export async function findTeamRole(
  db: Db,
  { userId, spaceId }: { userId: string; spaceId: string },
): Promise<SpaceRole | undefined> {
  const member = await db
    .selectFrom("space_members")
    .select("role")
    .where("space_id", "=", spaceId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return member?.role;
}

/** Everybody in a team: owners, hosts, moderators, each by name. */
export async function listMembers(db: Db, spaceId: string): Promise<Member[]> {
  return membersOf(db, spaceId)
    .orderBy("m.role")
    .orderBy(sql`lower(coalesce(nullif(u.name, ''), u.email))`)
    .execute();
}

/** One person of a team, or undefined. */
export async function findMember(
  db: Db,
  { spaceId, userId }: { spaceId: string; userId: string },
): Promise<Member | undefined> {
  return membersOf(db, spaceId).where("m.user_id", "=", userId).executeTakeFirst();
}

const membersOf = (db: Db, spaceId: string) =>
  db
    .selectFrom("space_members as m")
    .innerJoin("users as u", "u.id", "m.user_id")
    .select(["u.id as userId", "u.email", "u.name", "m.role", "m.created_at as since"])
    .where("m.space_id", "=", spaceId);

type Change = { spaceId: string; actorId: string; userId: string };

/**
 * Gives a member another role. Refuses when the actor may not give or take one of the two roles, and when the team
 * would have no owner left. Somebody who has that role already, or is no longer a member, is left as they are.
 */
export async function changeRole(
  db: Db,
  queue: Queue,
  { spaceId, actorId, userId, role }: Change & { role: SpaceRole },
): Promise<{ ok: true } | TeamRefusal> {
  return inTeam(db, spaceId, async (trx, roleOf) => {
    const [actor, now] = [roleOf(actorId), roleOf(userId)];
    if (!actor || !mayManage(actor, role) || (now && !mayManage(actor, now)))
      return { ok: false, reason: "not_allowed" };
    if (!now || now === role) return { ok: true };
    const changed = await trx
      .updateTable("space_members")
      .set({ role })
      .where("space_id", "=", spaceId)
      .where("user_id", "=", userId)
      .where(role === "owner" ? sql<boolean>`true` : anOwnerRemains({ spaceId, userId }))
      .returning("user_id")
      .executeTakeFirst();
    if (!changed) return { ok: false, reason: "last_owner" };
    await afterChange(trx, queue, { spaceId, actorId, userId, role });
    return { ok: true };
  });
}

/**
 * Takes a member out of the team: oneself (leaving), or somebody whose role the actor manages. Refuses as `changeRole`
 * does. Somebody who is gone already stays gone.
 */
export async function removeMember(
  db: Db,
  queue: Queue,
  { spaceId, actorId, userId }: Change,
): Promise<{ ok: true } | TeamRefusal> {
  return inTeam(db, spaceId, async (trx, roleOf) => {
    const [actor, now] = [roleOf(actorId), roleOf(userId)];
    if (!now && (actor || actorId === userId)) return { ok: true };
    if (!actor || !now || (actorId !== userId && !mayManage(actor, now)))
      return { ok: false, reason: "not_allowed" };
    const removed = await trx
      .deleteFrom("space_members")
      .where("space_id", "=", spaceId)
      .where("user_id", "=", userId)
      .where(anOwnerRemains({ spaceId, userId }))
      .returning("user_id")
      .executeTakeFirst();
    if (!removed) return { ok: false, reason: "last_owner" };
    await afterChange(trx, queue, { spaceId, actorId, userId, role: undefined });
    return { ok: true };
  });
}

type RoleOf = (userId: string) => SpaceRole | undefined;

/**
 * Runs a change of a team alone: two owners who leave at once would each still see the other. What it reads of the
 * roles is what holds until it commits.
 */
export async function inTeam<Outcome>(
  db: Db,
  spaceId: string,
  change: (trx: Transaction<Database>, roleOf: RoleOf) => Promise<Outcome>,
): Promise<Outcome> {
  return db.transaction().execute(async (trx) => {
    await trx.selectFrom("spaces").select("id").where("id", "=", spaceId).forNoKeyUpdate().executeTakeFirst();
    const members = await trx
      .selectFrom("space_members")
      .select(["user_id", "role"])
      .where("space_id", "=", spaceId)
      .execute();
    return change(trx, (userId) => members.find((member) => member.user_id === userId)?.role);
  });
}

const anOwnerRemains = ({ spaceId, userId }: { spaceId: string; userId: string }) => sql<boolean>`
  (space_members.role <> 'owner' or exists (
    select from space_members as other
    where other.space_id = ${spaceId}::uuid and other.role = 'owner' and other.user_id <> ${userId}::uuid
  ))
`;

/** What somebody made by a right goes with the right, and so does their place in rooms and chats. */
async function afterChange(
  trx: Transaction<Database>,
  queue: Queue,
  { spaceId, actorId, userId, role }: Change & { role: SpaceRole | undefined },
): Promise<void> {
  const kept = role ? rolesManagedBy(role) : [];
  await trx
    .updateTable("space_invites")
    .set({ revoked_at: sql`now()` })
    .where("space_id", "=", spaceId)
    .where("invited_by", "=", userId)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .$if(kept.length > 0, (query) => query.where("role", "not in", kept))
    .execute();
  if (role !== "owner") await takeFromFormerOwner(trx, queue, { spaceId, actorId, userId });
  await enforceAccess(trx, queue, [userId]);
}
