import { type Kysely, sql, type Transaction } from "kysely";
import type { Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { expireOwn, findHeld, holdsNow, insertGrant } from "../grants/insert.ts";
import { findStanding, type Obstacle } from "../passes/obstacles.ts";
import { findSeat, isSoldOut, lockSeats } from "../passes/seats.ts";
import { type LinkState, linkState } from "./links.ts";

type Of = { linkId: string; userId: string };
type Row = { passId: string; madeBy: string; state: LinkState; used: boolean };

/** A link goes around the price of its pass, the times of its sale and its switch: it is a gift of who made it. */
type LinkObstacle = Exclude<Obstacle, "off_sale" | "not_yet" | "sale_over">;
export type TakeRefusal = {
  ok: false;
  reason: LinkObstacle | Exclude<LinkState, "open"> | "used" | "sold_out";
};

/** What keeps a person from taking a pass by a link; undefined: nothing, if a seat is free. */
async function findRefusal(
  db: Kysely<Database>,
  link: Row,
  userId: string,
): Promise<TakeRefusal["reason"] | undefined> {
  const { obstacle } = await findStanding(db, { passId: link.passId, userId });
  if (obstacle && obstacle !== "off_sale" && obstacle !== "not_yet" && obstacle !== "sale_over")
    return obstacle;
  if (link.used) return "used";
  return link.state === "open" ? undefined : link.state;
}

/** How a person stands to a link: `held` when they hold its pass, why they cannot take it, or `open`. */
export async function findTaker(
  db: Db,
  { linkId, userId }: Of,
): Promise<"open" | "held" | TakeRefusal["reason"]> {
  const link = await findRow(db, { linkId, userId });
  if (!link) return "gone";
  const { passId } = link;
  if (await holdsNow(db, { userId, passId })) return "held";
  const refused = await findRefusal(db, link, userId);
  return refused ?? ((await isSoldOut(db, { userId, passId })) ? "sold_out" : "open");
}

/**
 * Gives a signed-in person the pass of a link, at no price, which is one use of it. Whoever holds the pass already, also
 * by a second press or another tab, is told so (`isNew` false) and nothing is used. Refuses a link that was `revoked`, has
 * run out (`expired`) or whose uses are all taken (`spent`), who took the pass by it before (`used`), what `findStanding`
 * says but of its sale, and a pass without a seat that nobody waits for (`sold_out`).
 */
export async function takeByLink(
  db: Db,
  queue: Queue,
  { linkId, userId }: Of,
): Promise<{ ok: true; grantId: string; isNew: boolean } | TakeRefusal> {
  const before = await findRow(db, { linkId, userId });
  if (!before) return { ok: false, reason: "gone" };
  const { passId } = before;
  // Of many who come at once most may be too late: they need not stand in line for the locks to hear it.
  if (!(await holdsNow(db, { userId, passId }))) {
    const refused = await findRefusal(db, before, userId);
    if (refused) return { ok: false, reason: refused };
  }
  return db.transaction().execute(async (trx) => {
    const seats = await lockSeats(trx, passId);
    if (!seats) return { ok: false, reason: "gone" };
    const link = await lockRow(trx, { linkId, userId });
    if (!link) return { ok: false, reason: "gone" };
    await expireOwn(trx, queue, { userId, passId });
    const held = await findHeld(trx, { userId, passId });
    if (held) return { ok: true, grantId: held.id, isNew: false };
    const refused = await findRefusal(trx, link, userId);
    if (refused) return { ok: false, reason: refused };
    if (seats === "limited" && !(await findSeat(trx, { passId, userId })))
      return { ok: false, reason: "sold_out" };
    const made = await insertGrant(trx, queue, {
      ...{ userId, passId, source: "link", kind: "link_taken", actorId: userId },
      link: { id: linkId, madeBy: link.madeBy },
    });
    if (!made) {
      // They claimed it on its page at the same moment: no use of the link.
      const other = await findHeld(trx, { userId, passId });
      return other ? { ok: true, grantId: other.id, isNew: false } : { ok: false, reason: "gone" };
    }
    await trx
      .updateTable("access_pass_links")
      .set({ uses: sql`uses + 1` })
      .where("id", "=", linkId)
      .execute();
    return { ok: true, grantId: made.id, isNew: true };
  });
}

/** Whoever counts the uses of a link is alone until the transaction ends. */
async function lockRow(trx: Transaction<Database>, of: Of): Promise<Row | undefined> {
  // Locked first and read afterwards: what stands beside a row that one had to wait for is as old as the wait.
  await sql`select from access_pass_links where id = ${of.linkId} for no key update`.execute(trx);
  return findRow(trx, of);
}

async function findRow(db: Kysely<Database>, { linkId, userId }: Of): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    select l.access_pass_id as "passId", l.made_by as "madeBy", ${linkState} as state,
      exists (select from access_grants g where g.access_pass_link_id = l.id and g.user_id = ${userId}) as used
    from access_pass_links l where l.id = ${linkId}
  `.execute(db);
  return rows[0];
}
