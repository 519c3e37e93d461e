import type { AppLoadContext } from "@remix-run/node";
import { isId } from "#app/domain/text.ts";
import type { Db } from "#db/client.ts";
import type { SpaceRole } from "#db/types.ts";
import { absent } from "./absent.ts";
import { requireTeam } from "./team.ts";
import { requireViewer } from "./viewer.ts";

type Args = { request: Request; context: AppLoadContext };
type Wanted = {
  least: SpaceRole;
  /** From the address; what is no id of ours is 404. */
  id: string | undefined;
  /** The space that the thing belongs to. */
  findSpace: (db: Db, id: string) => Promise<string | undefined>;
};

/** As `requireTeam`, for the page of one thing: the team is the one that it belongs to, and what is of others is 404. */
export async function requireTeamOf(args: Args, { least, id, findSpace }: Wanted) {
  await requireViewer(args);
  const spaceId = isId(id) ? await findSpace(args.context.db, id) : undefined;
  if (!isId(id) || !spaceId) throw absent();
  return { ...(await requireTeam(args, { least, spaceId })), id };
}

/** What the address of a team's page ends with: whoever belongs to several teams has the team named in it. */
export const teamQuery = (teams: unknown[], { slug }: { slug: string }) =>
  teams.length > 1 ? `?space=${slug}` : "";
