import { type AppLoadContext, data, redirect } from "@remix-run/node";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { listTeams, type Team } from "#app/domain/teams/members.ts";
import { isAtLeast } from "#app/domain/teams/rights.ts";
import type { SpaceRole } from "#db/types.ts";
import { requireViewer } from "./viewer.ts";

type Args = { request: Request; context: AppLoadContext };
type Wanted = {
  least: SpaceRole;
  /** The space of the thing that the page is about; without it, `?space=`, that of the page before, or the oldest team. */
  spaceId?: string;
};

/**
 * The signed-in person with the team they act for. Whoever belongs to several sees the team's name in the address of
 * the page (`?space=`), so that a form of one tab cannot end up in the team of another. Throws: a redirect to sign in,
 * or to start a space for who has none; 404 for a team of others; 403 in words for a role that is too small.
 */
export async function requireTeam(
  args: Args,
  { least, spaceId }: Wanted,
): Promise<{ viewer: Viewer; team: Team; teams: Team[] }> {
  const viewer = await requireViewer(args);
  const teams = await listTeams(args.context.db, viewer.userId);
  const team = spaceId ? teams.find((one) => one.spaceId === spaceId) : choose(args.request, teams);
  if (team && isAtLeast(team.role, least)) return { viewer, team, teams };
  const { log, requestId } = args.context;
  const ids = {
    requestId,
    userId: viewer.userId,
    spaceId: team?.spaceId ?? spaceId,
    role: team?.role,
    least,
  };
  log.warn({ event: "access.refused", ...ids }, "not of this team, or not in a role that may");
  if (!team) throw data({ message: "There is no such space of yours." }, { status: 404 });
  throw data({ message: tooSmall[least] }, { status: 403 });
}

const tooSmall: Record<SpaceRole, string> = {
  owner: "Only an owner of this space can do that. Ask one of them.",
  host: "Only hosts and owners of this space can do that. Ask an owner to make you a host.",
  moderator: "Only the team of this space can do that.",
};

function choose(request: Request, teams: Team[]): Team | undefined {
  const url = new URL(request.url);
  const named = url.searchParams.get("space");
  if (named !== null) return teams.find(({ slug }) => slug === named);
  const [first] = teams;
  if (!first) throw redirect("/account/space/new");
  const before = spaceOfPageBefore(request);
  const team = teams.find(({ slug }) => slug === before) ?? first;
  if (teams.length > 1 && request.method === "GET") {
    url.searchParams.set("space", team.slug);
    throw redirect(url.pathname.replace(/\.data$/, "") + url.search);
  }
  return team;
}

/** Links of the bar name no space: whoever follows one stays in the team they were looking at. */
function spaceOfPageBefore(request: Request): string | null {
  const referrer = request.headers.get("referer");
  if (!referrer || !URL.canParse(referrer)) return null;
  const { host, searchParams } = new URL(referrer);
  return host === new URL(request.url).host ? searchParams.get("space") : null;
}
