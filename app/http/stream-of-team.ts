import type { AppLoadContext } from "@remix-run/node";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { findStreamForHost, type TeamStream } from "#app/domain/streams/find.ts";
import { absent } from "./absent.ts";
import { requireViewer } from "./viewer.ts";

type Args = { request: Request; context: AppLoadContext; params: { id?: string } };

/**
 * The signed-in person with a stream of a team that they are in, in whatever role: for pages of moderators. Thrown: a
 * redirect to sign in, 404 for everybody else.
 */
export async function requireStreamOfTeam(args: Args): Promise<{ viewer: Viewer; stream: TeamStream }> {
  const viewer = await requireViewer(args);
  const stream = await findStreamForHost(args.context.db, {
    streamId: args.params.id,
    userId: viewer.userId,
  });
  if (!stream) throw absent("There is no such stream of yours.");
  return { viewer, stream };
}
