import { sql } from "kysely";
import { enforceAccess } from "#app/domain/access/enforcement.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { takeUnderLock, type Watching } from "./places.ts";

type Asking = Watching & {
  userId: string;
  /** The device (session) whose place is wanted; undefined: any that is free. */
  ended?: string;
};

/**
 * The person asks to watch here: takes a free place of their grant, or that of another of their devices, whose picture
 * ends: its pages and signal sockets are told, and a job takes it out of rooms. Only the picture ends there: how many may
 * watch at once says nothing about the chat, which stays as it is. The other device may be gone by now, and then any free
 * place will do. False when there is none: somebody else took it, or the pass lets fewer watch than do now, and another one
 * has to end as well.
 */
export async function watchHere(
  db: Db,
  queue: Queue,
  { userId, ended, ...watching }: Asking,
): Promise<boolean> {
  const { grantId, sessionId } = watching;
  return db.transaction().execute(async (trx) => {
    await sql`select from access_grants where id = ${grantId}::uuid for no key update`.execute(trx);
    // What another device had said about this one is over: it was asked for by its person.
    const back = await trx
      .deleteFrom("access_grant_devices")
      .where("access_grant_id", "=", grantId)
      .where("session_id", "=", sessionId)
      .where("ended_at", "is not", null)
      .returning("session_id")
      .execute();
    const replaced = ended
      ? await trx
          .updateTable("access_grant_devices")
          .set({ ended_at: sql`clock_timestamp()` })
          .where("access_grant_id", "=", grantId)
          .where("session_id", "=", ended)
          .where("session_id", "<>", sessionId)
          .where("ended_at", "is", null)
          .returning("session_id")
          .execute()
      : [];
    const [taken] = await takeUnderLock(trx, [watching]);
    if (replaced.length > 0) await enforceAccess(trx, queue, [userId]);
    else if (back.length > 0) await notifyChange(trx, { kind: "person", userId });
    return taken !== undefined;
  });
}
