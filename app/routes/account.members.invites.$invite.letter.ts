import { type ActionFunctionArgs, data, redirect } from "@remix-run/node";
import { resendInvite } from "../domain/teams/invites.ts";
import { isId } from "../domain/text.ts";
import { requireTeam } from "../http/team.ts";

export const loader = () => redirect("/account/members");

/** Sends an invitation's letter again. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam(args, { least: "host" });
  const inviteId = args.params.invite;
  if (!isId(inviteId)) throw data({ message: "There is no such invitation." }, { status: 404 });
  const { db, queue } = args.context;
  const sent = await resendInvite(db, queue, { spaceId: team.spaceId, actorId: viewer.userId, inviteId });
  if (!sent.ok && sent.reason === "too_many")
    throw data({ message: "That is a lot of invitations for one day. Go on tomorrow." }, { status: 429 });
  if (!sent.ok) throw data({ message: "There is no such invitation that you may send." }, { status: 404 });
  return redirect(`/account/members?space=${team.slug}`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
