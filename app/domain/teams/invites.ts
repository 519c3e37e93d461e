import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { SpaceRole } from "#db/types.ts";
import { enqueue, type Queue } from "../../jobs/queue.ts";
import { notifyChange } from "../changes/notices.ts";
import { takeFrom } from "../people/limits.ts";
import { inTeam } from "./members.ts";
import { mayManage } from "./rights.ts";

export const inviteDays = 14;

type Sending = { spaceId: string; actorId: string };

export type InviteRefusal = {
  ok: false;
  reason: "not_allowed" | "already_member" | "already_invited" | "too_many";
};

/**
 * Invites a mail address to a team in a role, for 14 days, and enqueues the letter. The same invitation twice is one,
 * with one letter. Refuses when the actor may not give that role, when the address is a member's, when it is invited
 * in another role, and beyond 60 invitations of a space (or 8 to one address) a day.
 */
export async function insertInvite(
  db: Db,
  queue: Queue,
  { spaceId, actorId, email, role }: Sending & { email: string; role: SpaceRole },
): Promise<{ ok: true; inviteId: string } | InviteRefusal> {
  return inTeam(db, spaceId, async (trx, roleOf) => {
    const actor = roleOf(actorId);
    if (!actor || !mayManage(actor, role)) return { ok: false, reason: "not_allowed" };
    const user = await trx.selectFrom("users").select("id").where("email", "=", email).executeTakeFirst();
    if (user && roleOf(user.id)) return { ok: false, reason: "already_member" };
    // What has run out makes place for a new one.
    await trx
      .updateTable("space_invites")
      .set({ revoked_at: sql`now()` })
      .where("space_id", "=", spaceId)
      .where("email", "=", email)
      .where("accepted_at", "is", null)
      .where("revoked_at", "is", null)
      .where("expires_at", "<=", sql<Date>`now()`)
      .execute();
    const open = await trx
      .selectFrom("space_invites")
      .select(["id", "role"])
      .where("space_id", "=", spaceId)
      .where("email", "=", email)
      .where("accepted_at", "is", null)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    if (open)
      return open.role === role ? { ok: true, inviteId: open.id } : { ok: false, reason: "already_invited" };
    if (!(await mayMail(trx, { spaceId, email }))) return { ok: false, reason: "too_many" };
    const { id } = await trx
      .insertInto("space_invites")
      .values({
        space_id: spaceId,
        email,
        role,
        invited_by: actorId,
        expires_at: sql<Date>`now() + make_interval(days => ${inviteDays})`,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await enqueue(trx, queue, "invite.mail", { inviteId: id });
    return { ok: true, inviteId: id };
  });
}

async function mayMail(db: Db, { spaceId, email }: { spaceId: string; email: string }): Promise<boolean> {
  const bySpace = await takeFrom(db, "invites.space", spaceId);
  return bySpace.ok && (await takeFrom(db, "invites.address", email)).ok;
}

/**
 * Sends an invitation's letter again, and gives it another 14 days. Nothing happens to one whose letter is on its way
 * or left within the last minute (a second press), or that is no longer open. Refuses as `insertInvite`.
 */
export async function resendInvite(
  db: Db,
  queue: Queue,
  { spaceId, actorId, inviteId }: Sending & { inviteId: string },
): Promise<{ ok: true } | InviteRefusal> {
  return inTeam(db, spaceId, async (trx, roleOf) => {
    const invite = await findInvite(trx, inviteId);
    const actor = roleOf(actorId);
    if (!invite || invite.spaceId !== spaceId || !actor || !mayManage(actor, invite.role))
      return { ok: false, reason: "not_allowed" };
    if (!invite.mayResend) return { ok: true };
    if (!(await mayMail(trx, { spaceId, email: invite.email }))) return { ok: false, reason: "too_many" };
    const again = await trx
      .updateTable("space_invites")
      .set({ mailed_at: null, expires_at: sql`now() + make_interval(days => ${inviteDays})` })
      .where("id", "=", inviteId)
      .where(isResendable)
      .returning("id")
      .executeTakeFirst();
    if (again) await enqueue(trx, queue, "invite.mail", { inviteId });
    return { ok: true };
  });
}

/** Takes an invitation back. One that is no longer open stays as it is. */
export async function revokeInvite(
  db: Db,
  { spaceId, actorId, inviteId }: Sending & { inviteId: string },
): Promise<{ ok: true } | { ok: false; reason: "not_allowed" }> {
  return inTeam(db, spaceId, async (trx, roleOf) => {
    const invite = await findInvite(trx, inviteId);
    const actor = roleOf(actorId);
    if (!invite || invite.spaceId !== spaceId || !actor || !mayManage(actor, invite.role))
      return { ok: false, reason: "not_allowed" };
    await trx
      .updateTable("space_invites")
      .set({ revoked_at: sql`now()` })
      .where("id", "=", inviteId)
      .where("accepted_at", "is", null)
      .where("revoked_at", "is", null)
      .execute();
    return { ok: true };
  });
}

export type InviteState = "open" | "expired" | "revoked" | "accepted" | "retired";

export type Invite = {
  id: string;
  spaceId: string;
  slug: string;
  spaceName: string;
  email: string;
  role: SpaceRole;
  invitedBy: string;
  state: InviteState;
  acceptedBy: string | null;
  mailedAt: Date | null;
  expiresAt: Date;
  mayResend: boolean;
  /** A mail server said that there is no such mailbox. */
  noMailbox: boolean;
};

// A letter that is still not out an hour after it was asked for has failed for good: it may be asked for again.
const isResendable = sql<boolean>`(space_invites.accepted_at is null and space_invites.revoked_at is null and (
  space_invites.mailed_at < now() - interval '1 minute'
  or (space_invites.mailed_at is null
    and space_invites.expires_at < now() + make_interval(days => ${inviteDays}) - interval '1 hour')
))`;

const invites = (db: Db) =>
  db
    .selectFrom("space_invites")
    .innerJoin("spaces as s", "s.id", "space_invites.space_id")
    .innerJoin("users as inviter", "inviter.id", "space_invites.invited_by")
    .select([
      "space_invites.id",
      "s.id as spaceId",
      "s.slug",
      "s.name as spaceName",
      "space_invites.email",
      "space_invites.role",
      "space_invites.accepted_by as acceptedBy",
      "space_invites.mailed_at as mailedAt",
      "space_invites.expires_at as expiresAt",
    ])
    .select(sql<string>`coalesce(nullif(inviter.name, ''), inviter.email)`.as("invitedBy"))
    .select(isResendable.as("mayResend"))
    .select(
      sql<boolean>`exists (select from mail_failures f where f.address = space_invites.email)`.as(
        "noMailbox",
      ),
    )
    .select(
      sql<InviteState>`case
        when space_invites.accepted_at is not null then 'accepted'
        when space_invites.revoked_at is not null then 'revoked'
        when s.retired_at is not null then 'retired'
        when space_invites.expires_at <= now() then 'expired'
        else 'open' end`.as("state"),
    );

/** An invitation in whatever state, or undefined. */
export async function findInvite(db: Db, inviteId: string): Promise<Invite | undefined> {
  return invites(db).where("space_invites.id", "=", inviteId).executeTakeFirst();
}

/** Who was invited to a team and has not answered, the newest first; what has run out stays until it is taken back. */
export async function listInvites(db: Db, spaceId: string): Promise<Invite[]> {
  return invites(db)
    .where("space_invites.space_id", "=", spaceId)
    .where("space_invites.accepted_at", "is", null)
    .where("space_invites.revoked_at", "is", null)
    .orderBy("space_invites.id", "desc")
    .execute();
}

export type Acceptance =
  | { ok: true; spaceId: string; slug: string }
  | { ok: false; reason: "another_address" | Exclude<InviteState, "open"> };

/**
 * Makes somebody a member by an invitation, once. Only for the address it was sent to. Whoever accepts it again, or is a
 * member by now, is left with the role they have. Refuses what is no longer open, with the reason.
 */
export async function acceptInvite(
  db: Db,
  { inviteId, userId, email }: { inviteId: string; userId: string; email: string },
): Promise<Acceptance | undefined> {
  const invite = await findInvite(db, inviteId);
  if (!invite) return undefined;
  const { spaceId, slug } = invite;
  if (invite.email !== email) return { ok: false, reason: "another_address" };
  return inTeam(db, spaceId, async (trx, roleOf) => {
    const accepted = await trx
      .updateTable("space_invites")
      .set({ accepted_at: sql`now()`, accepted_by: userId })
      .where("id", "=", inviteId)
      .where("email", "=", email)
      .where("accepted_at", "is", null)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", sql<Date>`now()`)
      .where(sql<boolean>`exists (select from spaces where id = ${spaceId}::uuid and retired_at is null)`)
      .returning("role")
      .executeTakeFirst();
    if (!accepted) {
      const now = await findInvite(trx, inviteId);
      if (now?.acceptedBy === userId && roleOf(userId)) return { ok: true, spaceId, slug };
      return { ok: false, reason: now && now.state !== "open" ? now.state : "expired" };
    }
    await trx
      .insertInto("space_members")
      .values({ space_id: spaceId, user_id: userId, role: accepted.role })
      .onConflict((conflict) => conflict.columns(["space_id", "user_id"]).doNothing())
      .execute();
    await notifyChange(trx, { kind: "person", userId });
    return { ok: true, spaceId, slug };
  });
}

/** Whether an invitation's letter is still to be sent: not to a mailbox that is not there. */
export const isToBeMailed = ({ state, mailedAt, noMailbox }: Invite) =>
  state === "open" && mailedAt === null && !noMailbox;

/** Keeps that the mail server took an invitation's letter. */
export async function markInviteMailed(db: Db, inviteId: string): Promise<void> {
  await db
    .updateTable("space_invites")
    .set({ mailed_at: sql`now()` })
    .where("id", "=", inviteId)
    .where("mailed_at", "is", null)
    .execute();
}
