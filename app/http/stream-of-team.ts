import type { AppLoadContext } from "@remix-run/node";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { findStreamForHost, type TeamStream } from "#app/domain/streams/find.ts";
import type { SpaceRole } from "#db/types.ts";
import { absent } from "./absent.ts";
import { requireTeam } from "./team.ts";
import { requireViewer } from "./viewer.ts";

type Args = { request: Request; context: AppLoadContext; params: { id?: string } };

/**
 * The signed-in person with a stream of a team in which they are at least `least`. `back`: where a sign-in leads, if not to
 * this page. Thrown: a redirect to sign in, 404 for who is not in its team, 403 in words for a role that is too small.
 */
export async function requireStreamOfTeam(
  args: Args,
  { least = "moderator", back }: { least?: SpaceRole; back?: string } = {},
): Promise<{ viewer: Viewer; stream: TeamStream }> {
  const viewer = await requireViewer(args, { back });
  const stream = await findStreamForHost(args.context.db, {
    streamId: args.params.id,
    userId: viewer.userId,
  });
  if (!stream) throw absent("There is no such stream of yours.");
  await requireTeam(args, { least, spaceId: stream.spaceId });
  return { viewer, stream };
}
