import type { Kysely } from "kysely";
import type { Database } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { hasReplay } from "../recordings/replay.ts";

/** Whether a stream shows anything for which a device needs a place: the live picture, or a replay that is there. */
export const showsPicture = ({ status, replay }: { status: StreamStatus; replay: boolean }): boolean =>
  status === "live" || (status === "ended" && replay);

/** The same for who does not know whether there is a replay. */
export async function findWhetherItShows(
  db: Kysely<Database>,
  { status, streamId }: { status: StreamStatus; streamId: string },
): Promise<boolean> {
  return showsPicture({ status, replay: status === "ended" && (await hasReplay(db, streamId)) });
}
