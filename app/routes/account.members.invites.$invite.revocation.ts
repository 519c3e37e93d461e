import { type ActionFunctionArgs, data, redirect } from "@remix-run/node";
import { revokeInvite } from "../domain/teams/invites.ts";
import { isId } from "../domain/text.ts";
import { requireTeam } from "../http/team.ts";

export const loader = () => redirect("/account/members");

/** Takes an invitation back. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam(args, { least: "host" });
  const { db, log, requestId } = args.context;
  const [inviteId, { spaceId }, { userId }] = [args.params.invite, team, viewer];
  const revoked = isId(inviteId) && (await revokeInvite(db, { spaceId, actorId: userId, inviteId }));
  if (!revoked || !revoked.ok)
    throw data({ message: "There is no such invitation that you may take back." }, { status: 404 });
  log.info(
    { event: "team.invite_revoked", requestId, userId, spaceId, inviteId },
    "an invitation was taken back",
  );
  return redirect(`/account/members?space=${team.slug}`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
