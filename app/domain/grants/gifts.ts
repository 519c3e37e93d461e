import { sql, type Transaction } from "kysely";
import type { Database, Db } from "#db/client.ts";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import { findGivingBar } from "../passes/giveable.ts";
import { findSeat, lockSeats } from "../passes/seats.ts";
import { lockLettersLeft } from "./letters-left.ts";
import { expireOwn, findHeld, insertGrant } from "./insert.ts";

type Trx = Transaction<Database>;

export type GiveRefusal =
  | { ok: false; reason: "gone" | "over" | "disabled" | "no_seat" | "too_many" }
  | { ok: false; reason: "held"; endsAt: Date | null };

/**
 * Gives a pass of this space to the person with a mail address, who may never have been here, and writes to them. One
 * transaction: the person's row where it is new, the grant, the job for the letter. Refuses a pass that is not this
 * space's or is retired (`gone`), one past its last day (`over`), who already holds it (`held`, with its end), one
 * without a seat that nobody waits for (`no_seat`), and more than a thousand letters of one space in a day (`too_many`):
 * they go to people who never asked us for any.
 */
export async function giveGrant(
  db: Db,
  queue: Queue,
  {
    spaceId,
    passId,
    email,
    grantedBy,
  }: { spaceId: string; passId: string; email: string; grantedBy: string },
): Promise<{ ok: true; grantId: string } | GiveRefusal> {
  return db.transaction().execute(async (trx) => {
    const seats = await lockSeats(trx, passId);
    const bar = await findGivingBar(trx, { spaceId, passId, keepSpace: true });
    if (bar || !seats) return { ok: false, reason: bar ?? "gone" };
    if ((await lockLettersLeft(trx, spaceId)) === 0) return { ok: false, reason: "too_many" };
    const person = await findPerson(trx, email);
    if (person?.disabled) return { ok: false, reason: "disabled" };
    if (person) {
      await expireOwn(trx, queue, { userId: person.id, passId });
      const held = await findHeld(trx, { userId: person.id, passId });
      if (held) return { ok: false, reason: "held", endsAt: held.endsAt };
    }
    if (seats === "limited" && !(await findSeat(trx, { passId, userId: person?.id ?? nobody })))
      return { ok: false, reason: "no_seat" };
    const userId = person?.id ?? (await insertPerson(trx, email));
    const made = { userId, passId, source: "given", kind: "given", actorId: grantedBy } as const;
    const grant = await insertGrant(trx, queue, made);
    if (!grant)
      return { ok: false, reason: "held", endsAt: (await findHeld(trx, { userId, passId }))?.endsAt ?? null };
    await enqueue(trx, queue, "grant.mail", { grantId: grant.id });
    return { ok: true, grantId: grant.id };
  });
}

/** No person's id. */
const nobody = "00000000-0000-0000-0000-000000000000";

function findPerson(trx: Trx, email: string) {
  return trx
    .selectFrom("users")
    .select(["id", sql<boolean>`disabled_at is not null`.as("disabled")])
    .where("email", "=", email)
    .executeTakeFirst();
}

/** The id of who has this address; where two give something to a new one at once, of the one row that they share. */
async function insertPerson(trx: Trx, email: string): Promise<string> {
  await trx
    .insertInto("users")
    .values({ email })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .execute();
  return (await trx.selectFrom("users").select("id").where("email", "=", email).executeTakeFirstOrThrow()).id;
}
