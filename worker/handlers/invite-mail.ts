import { inviteLetter } from "#app/domain/letters/invite.ts";
import { sendTo } from "#app/domain/mail/send-to.ts";
import { linkCode } from "#app/domain/people/link-codes.ts";
import { findInvite, isToBeMailed, markInviteMailed } from "#app/domain/teams/invites.ts";
import type { Handler } from "./index.ts";

/** Sends an invitation's letter. A crash between the mail server's yes and our note of it sends it twice. */
export const inviteMail: Handler<"invite.mail"> = async (services, { inviteId }) => {
  const { db, config } = services;
  const invite = await findInvite(db, inviteId);
  if (!invite || !isToBeMailed(invite)) return;
  const link = `${config.publicUrl}/invites/${linkCode(config.sessionSecrets, "invite", inviteId)}`;
  const letter = inviteLetter({ ...invite, link, until: invite.expiresAt });
  if (!(await sendTo(services, { to: invite.email, ...letter }, { inviteId }))) return;
  await markInviteMailed(db, inviteId);
};
