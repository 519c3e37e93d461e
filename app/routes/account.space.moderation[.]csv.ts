import type { LoaderFunctionArgs } from "@remix-run/node";
import { logFile } from "#app/http/moderation-log.ts";
import { requireTeam } from "#app/http/team.ts";

/** A space's log of moderation as a file. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { team } = await requireTeam({ request, context }, { least: "moderator" });
  return logFile(context.db, request, team);
}
