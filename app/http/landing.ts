import { listTeams } from "#app/domain/teams/members.ts";
import type { Db } from "#db/client.ts";
import { localPath } from "./return-to.ts";

/**
 * Where somebody goes who has signed in: to the page that they wanted. Who came by the front door goes to their team's
 * streams, or to what they can watch.
 */
export async function findLanding(
  db: Db,
  { userId, wish }: { userId: string; wish: string },
): Promise<string> {
  const path = localPath(wish) ?? "/";
  if (path !== "/") return path;
  return (await listTeams(db, userId)).length > 0 ? "/account/streams" : "/account/experiences";
}
