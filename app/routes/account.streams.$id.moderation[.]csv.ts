import type { LoaderFunctionArgs } from "@remix-run/node";
import { logFile } from "#app/http/moderation-log.ts";
import { requireStreamOfTeam } from "#app/http/stream-of-team.ts";

/** A stream's log of moderation as a file. */
export async function loader(args: LoaderFunctionArgs) {
  const { stream } = await requireStreamOfTeam(args);
  const { id: streamId, spaceId, role } = stream;
  return logFile(args.context.db, args.request, { spaceId, streamId, role });
}
