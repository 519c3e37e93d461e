import { inviteLetter } from "#app/domain/letters/invite.ts";
import { linkCode } from "#app/domain/people/link-codes.ts";
import { findInvite, isToBeMailed, markInviteMailed } from "#app/domain/teams/invites.ts";
import type { Handler } from "./index.ts";

/** Sends an invitation's letter. A crash between the mail server's yes and our note of it sends it twice. */
export const inviteMail: Handler<"invite.mail"> = async ({ db, mailer, config }, { inviteId }) => {
  const invite = await findInvite(db, inviteId);
  if (!invite || !isToBeMailed(invite)) return;
  const link = `${config.publicUrl}/invites/${linkCode(config.sessionSecrets, "invite", inviteId)}`;
  await mailer.send({ to: invite.email, ...inviteLetter({ ...invite, link, until: invite.expiresAt }) });
  await markInviteMailed(db, inviteId);
};
