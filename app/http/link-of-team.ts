import type { ActionFunctionArgs, LoaderFunctionArgs } from "@remix-run/node";
import { findLink } from "#app/domain/pass-links/links.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "./absent.ts";
import { requireTeamOf, teamQuery } from "./team-of.ts";

type Args = LoaderFunctionArgs | ActionFunctionArgs;

/** An owner and the link of a page under `/account/passes/{id}/links/{link}`; what is of others is 404. */
export async function requireLinkOfTeam({ params, request, context }: Args) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const ids = { spaceId: team.spaceId, passId: id, linkId: params.link ?? "" };
  const link = isId(params.link) ? await findLink(context.db, ids) : undefined;
  if (!link) throw absent("This pass has no such link.");
  const page = `/account/passes/${id}/links/${link.id}`;
  return { viewer, link, page, query: teamQuery(teams, team), ids: { ...ids, linkId: link.id } };
}
