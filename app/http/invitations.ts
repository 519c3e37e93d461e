import { type ActionFunctionArgs, data, type LoaderFunctionArgs } from "@remix-run/node";
import { findInvitation, type Invitation } from "#app/domain/pass-links/invitation.ts";
import { takeFrom } from "#app/domain/people/limits.ts";
import { readLinkCode } from "#app/domain/people/link-codes.ts";
import { findInvite, type Invite } from "#app/domain/teams/invites.ts";
import { absent } from "./absent.ts";
import { waitInWords } from "./wait.ts";

type Args = Pick<LoaderFunctionArgs | ActionFunctionArgs, "params" | "context">;

/**
 * What stands at `/invites/{code}`: an invitation to a team, or the link of a pass. Throws 404 for a code that there is
 * not, and 429 for a network that opens many of those.
 */
export async function requireInvitation({
  params,
  context,
}: Args): Promise<{ kind: "team"; invite: Invite } | { kind: "pass"; invite: Invitation }> {
  const { db, config, networkAddress } = context;
  const inviteId = readLinkCode(config.sessionSecrets, "invite", params.code);
  const team = inviteId && (await findInvite(db, inviteId));
  if (team) return { kind: "team", invite: team };
  const pass = await findInvitation(db, params.code);
  if (pass?.spaceRetired) throw absent("The space of this pass has closed.", 410);
  if (pass) return { kind: "pass", invite: pass };
  const turn = await takeFrom(db, "invites.network", networkAddress);
  if (turn.ok) throw absent("There is no such invitation. Open the link again, or ask for a new one.");
  const message = `Too many wrong links were opened from your network. Try again ${waitInWords(turn.waitSeconds)}.`;
  throw data({ message }, { status: 429 });
}
