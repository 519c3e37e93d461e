import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { liftBanById } from "#app/domain/moderation/bans.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "#app/http/absent.ts";
import { requireTeam } from "#app/http/team.ts";

export const loader = () => redirect("/account/space/bans");

/** Lifts a ban. One that is lifted already, or of another space, is 404. */
export async function action({ request, params, context }: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam({ request, context }, { least: "moderator" });
  const banId = params.ban;
  const lift = { spaceId: team.spaceId, actorId: viewer.userId };
  const lifted = isId(banId) && (await liftBanById(context, { ...lift, banId }));
  if (!lifted) throw absent("There is no such ban in force. It may have been lifted a moment ago.");
  return redirect(`/account/space/bans?space=${team.slug}&lifted`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
