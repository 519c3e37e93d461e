import type { SpaceRole } from "#db/types.ts";

const rank: Record<SpaceRole, number> = { moderator: 1, host: 2, owner: 3 };

/** Whether a role is at least another one: an owner may do what a host may, a host what a moderator may. */
export const isAtLeast = (role: SpaceRole, least: SpaceRole) => rank[role] >= rank[least];

/**
 * Which roles somebody may give and take: owners every one, hosts that of moderators, moderators none. It holds for
 * inviting, changing and removing alike, so that nobody makes or unmakes their own equals but owners.
 */
export function rolesManagedBy(role: SpaceRole): SpaceRole[] {
  if (role === "owner") return ["owner", "host", "moderator"];
  return role === "host" ? ["moderator"] : [];
}

export const mayManage = (role: SpaceRole, other: SpaceRole) => rolesManagedBy(role).includes(other);

export const roleWords: Record<SpaceRole, { name: string; may: string }> = {
  owner: { name: "Owner", may: "Hosts streams, and decides about the space, its passes and its team." },
  host: { name: "Host", may: "Schedules streams and goes live, and can invite moderators." },
  moderator: { name: "Moderator", may: "Keeps order in streams. Does not broadcast." },
};
