import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { findGrant } from "#app/domain/grants/lists.ts";
import { type GrantMove, mayMoveGrant } from "#app/domain/grants/moves.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { isId } from "#app/domain/text.ts";
import type { SpaceRole } from "#db/types.ts";
import { absent } from "./absent.ts";
import { requireTeamOf } from "./team-of.ts";

type Args = LoaderFunctionArgs | ActionFunctionArgs;

/** The grant of a page under `/account/passes/{id}/grants/{grant}`, for its team; what is of others is 404. */
export async function requireGrantOfTeam(args: Args, { least }: { least: SpaceRole }) {
  const { params, request, context } = args;
  const wanted = { least, id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const ids = { spaceId: team.spaceId, passId: id, grantId: params.grant ?? "" };
  const grant = isId(params.grant) ? await findGrant(context.db, ids) : undefined;
  if (!grant) throw absent("Nobody holds such a pass.");
  const page = `/account/passes/${id}/grants/${grant.id}`;
  return { viewer, team, teams, grant, page, act: { ...ids, grantId: grant.id, actorId: viewer.userId } };
}

/**
 * The same for the page of one change, which only an owner makes. Throws a redirect to the grant's page where it cannot be
 * made: what was done already, by a second press or another owner, is no mistake.
 */
export async function requireGrantToMove(args: Args, move: GrantMove) {
  const found = await requireGrantOfTeam(args, { least: "owner" });
  if (!mayMoveGrant(move, found.grant.status)) throw redirect(found.page);
  return found;
}
