import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { findRequest } from "#app/domain/passes/request-lists.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "./absent.ts";
import { requireTeamOf } from "./team-of.ts";

type Args = LoaderFunctionArgs | ActionFunctionArgs;

/**
 * The request of a page under `/account/passes/{id}/requests/{request}`, for the owner who answers it; what is of others
 * is 404. Throws a redirect to the list where it has an answer already: by a second press, or by another owner.
 */
export async function requireRequestToAnswer(args: Args) {
  const { params, request, context } = args;
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, id } = await requireTeamOf({ request, context }, wanted);
  const ids = { spaceId: team.spaceId, passId: id, requestId: params.request ?? "" };
  const asked = isId(params.request) ? await findRequest(context.db, ids) : undefined;
  if (!asked) throw absent("Nobody asked for this pass here.");
  const list = `/account/passes/${id}/requests`;
  if (asked.status !== "asked") throw redirect(list);
  return { asked, list, act: { ...ids, actorId: viewer.userId } };
}
