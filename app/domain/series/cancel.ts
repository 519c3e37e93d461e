import { cancelStream, isOpen } from "#app/domain/streams/schedule.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import {
  endBefore,
  type FollowingAsked,
  type FollowingRefused,
  lockFollowing,
  splitDays,
} from "./following.ts";

export type FollowingCancelled = { ok: true; already: boolean; cancelled: number } | FollowingRefused;

/**
 * Cancels a stream of a series and all that follow and have not begun, also those that were changed by themselves, by a
 * host or an owner; the series ends before it. What is live or over stays what it is. A second press finds it done; who
 * read the series before somebody else changed it is refused.
 */
export async function cancelFollowing(
  db: Db,
  queue: Queue,
  asked: FollowingAsked,
): Promise<FollowingCancelled> {
  const { userId } = asked;
  return db.transaction().execute(async (trx): Promise<FollowingCancelled> => {
    const locked = await lockFollowing(trx, asked);
    if (!locked.ok) return locked;
    const { series, day, status, fresh, occurrences } = locked;
    const open = occurrences.filter((stream) => isOpen(stream.status));
    const goesOn = splitDays(series, day).from.length > 0 || open.length > 0;
    if (status === "cancelled" && !goesOn) return { ok: true, already: true, cancelled: 0 };
    if (!fresh) return { ok: false, reason: "saved_before" };
    if (status === "live" || status === "ended") return { ok: false, reason: "closed", status };
    await endBefore(trx, series, { day, userId });
    let cancelled = 0;
    for (const { id: streamId } of open) {
      const done = await cancelStream(trx, queue, { streamId, userId });
      if (done.ok && !done.already) cancelled += 1;
    }
    return { ok: true, already: false, cancelled };
  });
}
