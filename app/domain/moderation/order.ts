import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import type { SpaceRole } from "#db/types.ts";

export type OrderRefusal = {
  ok: false;
  reason: "yourself" | "nobody" | "owner" | "order" | "team";
  message: string;
};

type Asked = { spaceId: string; streamId?: string | null; actorId: string; targetId: string };

const rank: Record<SpaceRole, number> = { moderator: 1, host: 2, owner: 3 };
const rankOf = (role: SpaceRole | null) => (role ? rank[role] : 0);

/**
 * Whether the role order lets somebody of the team time out or ban a person: never themselves, never an owner, never
 * their equals or those above them; and of the team nobody at all, since a ban does not touch a team's rights: they have
 * to be taken out of it first. The actor's own right to moderate is asked for before. Undefined: they may.
 */
export async function whyNotOrder(
  db: Kysely<Database>,
  { spaceId, actorId, targetId }: Asked,
): Promise<OrderRefusal | undefined> {
  if (actorId === targetId) return refused("yourself", "That is you. You cannot do this to yourself.");
  const { rows } = await sql<{ actor: SpaceRole | null; target: SpaceRole | null; known: boolean }>`
    select u.id is not null as known, a.role as actor, t.role as target
    from (select 1) one
    left join users u on u.id = ${targetId}::uuid
    left join space_members a on a.space_id = ${spaceId}::uuid and a.user_id = ${actorId}::uuid
    left join space_members t on t.space_id = ${spaceId}::uuid and t.user_id = ${targetId}::uuid
  `.execute(db);
  const { known, actor, target } = rows[0] ?? { known: false, actor: null, target: null };
  if (!known) return refused("nobody", "There is no such person.");
  if (target === "owner")
    return refused("owner", "That is an owner of this space. Nobody can do this to an owner.");
  if (target && rankOf(target) >= rankOf(actor))
    return refused("order", `Only somebody above a ${target} can do this to one.`);
  if (target) return refused("team", "They are in this space's team. Take them out of the team first.");
  return undefined;
}

const refused = (reason: OrderRefusal["reason"], message: string): OrderRefusal => ({
  ok: false,
  reason,
  message,
});

/** Whether somebody of the team may delete a message of this person: of their equals, too, but not of those above. */
export async function mayTouchMessageOf(
  db: Kysely<Database>,
  { spaceId, actorId, targetId }: Asked,
): Promise<boolean> {
  if (actorId === targetId) return true;
  const roles = await db
    .selectFrom("space_members")
    .select(["user_id", "role"])
    .where("space_id", "=", spaceId)
    .where("user_id", "in", [actorId, targetId])
    .execute();
  const roleOf = (id: string) => roles.find((row) => row.user_id === id)?.role ?? null;
  return roleOf(actorId) !== null && rankOf(roleOf(actorId)) >= rankOf(roleOf(targetId));
}
