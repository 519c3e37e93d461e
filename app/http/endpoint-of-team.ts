import { type AppLoadContext, redirect } from "@remix-run/node";
import { findEndpoint, findSpaceOfEndpoint } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { takeFrom } from "#app/domain/people/limits.ts";
import { isId } from "#app/domain/text.ts";
import { tooOften } from "./forms.ts";
import { absent } from "./absent.ts";
import type { Db } from "#db/client.ts";
import { requireTeamOf, teamQuery } from "./team-of.ts";

type Args = { request: Request; context: AppLoadContext; params: { endpoint?: string } };

/** An owner and the endpoint in the address, with its page. Throws as `requireTeamOf`; of others it is 404. */
export async function requireEndpoint({ params, request, context }: Args) {
  const wanted = { least: "owner", id: params.endpoint, findSpace: findSpaceOfEndpoint } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const ids = { spaceId: team.spaceId, endpointId: id };
  const endpoint = await findEndpoint(context.db, ids);
  if (!endpoint) throw absent();
  const query = teamQuery(teams, team);
  return { viewer, team, endpoint, ids, query, page: `/account/space/webhooks/${id}${query}` };
}

/** Takes one of the messages that a space may have sent by hand; throws 429 when there is none. */
export async function takeHandMessage(db: Db, spaceId: string): Promise<void> {
  const taken = await takeFrom(db, "webhook-messages.space", spaceId);
  if (!taken.ok) throw tooOften("Many messages were sent by hand just now.", taken.waitSeconds);
}

/** A page's address, with a word about what was done. */
export const withWord = (page: string, word: string) => `${page}${page.includes("?") ? "&" : "?"}${word}`;

/** Whoever opens a form's address lands on the page that has the form. */
export const backToEndpoint = ({ params }: { params: { endpoint?: string } }) =>
  redirect(isId(params.endpoint) ? `/account/space/webhooks/${params.endpoint}` : "/account/space/webhooks");
