import { sql, type Transaction } from "kysely";
import { enqueue, type Queue } from "#app/jobs/queue.ts";
import type { Database, Db } from "#db/client.ts";
import { expireOf, insertGrants, type Receiver } from "../grants/insert.ts";
import { lockLettersLeft } from "../grants/letters-left.ts";
import { findGivingBar } from "../passes/giveable.ts";
import { countFreeSeats, findSeat, lockSeats } from "../passes/seats.ts";
import { finishImport, type Line, listWanted, type Outcome, refuseRest, writeOutcomes } from "./outcomes.ts";
import { findPeople, insertPeople, listHolders, listWaiting } from "./people.ts";

type Trx = Transaction<Database>;

const linesAtOnce = 500;
/** Then others have their turn, and a worker that is to stop can. */
const batchesOfJob = 10;

/**
 * Gives the pass to people of a confirmed import, some thousands of them, and leaves the rest to another job. Each batch
 * is one transaction with what follows from its grants, and every line of it says what became of it: a job that died is
 * simply done again, and two at once take turns. `most` and `batches` are how many lines are done at once, and how often.
 */
export async function runImport(
  db: Db,
  queue: Queue,
  { importId }: { importId: string },
  { most = linesAtOnce, batches = batchesOfJob } = {},
): Promise<void> {
  for (let batch = 1; batch <= batches; batch++) {
    const more = await db.transaction().execute(async (trx) => {
      const more = await importBatch(trx, queue, { importId, most });
      if (more && batch === batches) await enqueue(trx, queue, "grant.import", { importId });
      return more;
    });
    if (!more) return;
  }
}

type Batch = { passId: string; spaceId: string; actorId: string };
/** A line whose person would get the pass now; without a row of their own where they were never here. */
type Asking = { line: Line; userId: string | undefined };

/** One batch, under the import's lock. False when there is nothing more to do. */
async function importBatch(
  trx: Trx,
  queue: Queue,
  { importId, most }: { importId: string; most: number },
): Promise<boolean> {
  const found = await lockImport(trx, importId);
  if (!found) return false;
  const { passId, spaceId } = found;
  const seats = await lockSeats(trx, passId);
  const bar = await findGivingBar(trx, { spaceId, passId, keepSpace: true });
  if (bar || !seats) await refuseRest(trx, importId, bar ?? "gone");
  const lines = await listWanted(trx, { importId, most });
  if (lines.length === 0) {
    await finishImport(trx, importId);
    return false;
  }
  const letters = await lockLettersLeft(trx, spaceId);
  const { asking, outcomes } = await sortOut(trx, queue, { passId, lines });
  const give = giver(trx, queue, { ...found, letters });
  const given = seats === "unlimited" ? await give(asking) : await giveSeats(trx, { passId, asking, give });
  await writeOutcomes(trx, importId, [...outcomes, ...given]);
  return true;
}

/** The import, alone to the end of the transaction, while it is at work. */
function lockImport(trx: Trx, importId: string): Promise<Batch | undefined> {
  return trx
    .selectFrom("access_grant_imports as i")
    .innerJoin("access_passes as p", "p.id", "i.access_pass_id")
    .select(["p.id as passId", "p.space_id as spaceId"])
    .select(sql<string>`coalesce(i.confirmed_by, i.made_by)`.as("actorId"))
    .where("i.id", "=", importId)
    .where("i.status", "=", "importing")
    .forUpdate("i")
    .executeTakeFirst();
}

/** Who of the lines would get the pass, and what became of the others since they were shown. */
async function sortOut(
  trx: Trx,
  queue: Queue,
  { passId, lines }: { passId: string; lines: Line[] },
): Promise<{ asking: Asking[]; outcomes: Outcome[] }> {
  const people = await findPeople(
    trx,
    lines.map(({ address }) => address),
  );
  const of = { passId, userIds: [...people.values()].map(({ id }) => id) };
  await expireOf(trx, queue, of);
  const holders = await listHolders(trx, of);
  const asking: Asking[] = [];
  const outcomes: Outcome[] = [];
  for (const line of lines) {
    const { number } = line;
    const person = people.get(line.address);
    if (line.past) outcomes.push({ number, state: "refused", problem: "past" });
    else if (person?.disabled) outcomes.push({ number, state: "refused", problem: "disabled" });
    else if (person && holders.has(person.id)) outcomes.push({ number, state: "held", problem: null });
    else asking.push({ line, userId: person?.id });
  }
  return { asking, outcomes };
}

type Give = (asking: Asking[]) => Promise<Outcome[]>;

/** Gives the pass to people, and writes to as many (`letters`) as the space may still write to today. */
function giver(
  trx: Trx,
  queue: Queue,
  { passId, actorId, letters }: Omit<Batch, "spaceId"> & { letters: number },
): Give {
  return async (asking) => {
    const unknown = asking.filter(({ userId }) => userId === undefined);
    const made = await insertPeople(
      trx,
      unknown.map(({ line }) => line.address),
    );
    const receivers = asking.map(({ line, userId }): Receiver => {
      return {
        userId: userId ?? made.get(line.address)!,
        endsAt: line.endsAt,
        letterLeftOut: letters-- <= 0,
      };
    });
    const gift = { passId, source: "given", kind: "given", actorId } as const;
    const grants = await insertGrants(trx, queue, { ...gift, people: receivers });
    const grantOf = new Map(grants.map(({ id, userId }) => [userId, id]));
    for (const { userId, letterLeftOut } of receivers) {
      const grantId = grantOf.get(userId);
      if (grantId && !letterLeftOut) await enqueue(trx, queue, "grant.mail", { grantId });
    }
    // Who is not among them got it from somebody else at this moment.
    return asking.map(({ line: { number } }, index) => {
      const added = grantOf.has(receivers[index]!.userId);
      return { number, state: added ? ("added" as const) : ("held" as const), problem: null };
    });
  };
}

/**
 * Of a pass that has only so many seats: those who wait for one by their place in that list, and then the others in the
 * order of their lines for as long as seats are free.
 */
async function giveSeats(
  trx: Trx,
  { passId, asking, give }: { passId: string; asking: Asking[]; give: Give },
): Promise<Outcome[]> {
  const known = asking.flatMap(({ userId }) => userId ?? []);
  const waiting = await listWaiting(trx, { passId, userIds: known });
  const outcomes: Outcome[] = [];
  const refuse = ({ line: { number } }: Asking) =>
    void outcomes.push({ number, state: "refused", problem: "no_seat" });
  for (const one of asking) {
    if (!one.userId || !waiting.has(one.userId)) continue;
    if (await findSeat(trx, { passId, userId: one.userId })) outcomes.push(...(await give([one])));
    else refuse(one);
  }
  const others = asking.filter(({ userId }) => !userId || !waiting.has(userId));
  const free = (await countFreeSeats(trx, passId)) ?? others.length;
  outcomes.push(...(await give(others.slice(0, free))));
  others.slice(free).forEach(refuse);
  return outcomes;
}
