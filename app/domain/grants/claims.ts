import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { findStanding, type Obstacle } from "../passes/obstacles.ts";
import { findSeat, isSoldOut, lockSeats } from "../passes/seats.ts";
import { expireOwn, findHeld, insertGrant } from "./insert.ts";

export type ClaimRefusal = { ok: false; reason: Obstacle | "not_free" | "sold_out" };

/**
 * Gives a signed-in person a free pass at their own wish, also on the seat that is kept for them. Asking again (a double
 * click, another tab) gives what they already hold: `isNew` false. Refuses what `findStanding` says, a pass that has a
 * price (`not_free`), and one whose seats are all taken, kept, or waited for by others (`sold_out`).
 */
export async function claimPass(
  db: Db,
  queue: Queue,
  { userId, passId }: { userId: string; passId: string },
): Promise<{ ok: true; grantId: string; endsAt: Date | null; isNew: boolean } | ClaimRefusal> {
  // Of many who come at once most are too late: they need not stand in line for the lock to hear it.
  if (await isSoldOut(db, { passId, userId })) {
    const { obstacle, priceMinor } = await findStanding(db, { passId, userId });
    return { ok: false, reason: obstacle ?? (priceMinor > 0 ? "not_free" : "sold_out") };
  }
  return db.transaction().execute(async (trx) => {
    const seats = await lockSeats(trx, passId);
    if (!seats) return { ok: false, reason: "gone" };
    await expireOwn(trx, queue, { userId, passId });
    const held = await findHeld(trx, { userId, passId });
    if (held) return { ok: true, grantId: held.id, endsAt: held.endsAt, isNew: false };
    const seat = seats === "unlimited" ? "free" : await findSeat(trx, { passId, userId });
    const offered = seat === "offered";
    const { obstacle, priceMinor } = await findStanding(trx, { passId, userId, offered });
    if (obstacle) return { ok: false, reason: obstacle };
    if (priceMinor > 0) return { ok: false, reason: "not_free" };
    if (!seat) return { ok: false, reason: "sold_out" };
    const kind = offered ? "offer_taken" : "claimed";
    const made = await insertGrant(trx, queue, { userId, passId, source: "claim", kind, actorId: userId });
    if (made) return { ok: true, grantId: made.id, endsAt: made.endsAt, isNew: true };
    // Another tab was faster: its row is there now.
    const other = await findHeld(trx, { userId, passId });
    if (!other) return { ok: false, reason: "gone" };
    return { ok: true, grantId: other.id, endsAt: other.endsAt, isNew: false };
  });
}
