import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { Log } from "./log.ts";

/*
 * The database's clock is the one that decisions are made by, and machines' own clocks can be minutes off. What has to have a
 * time outside of a statement, such as a token, takes it from here. A process has one database, and so one such clock.
 */

/** What it said, and when that was by the time that only goes forward here, whatever happens to this machine's clock. */
let said = { ms: performance.timeOrigin, at: 0 };

/** Now by the database's clock, in ms since 1970; by the machine's own until it was asked for the first time. */
export const databaseNow = (): number => said.ms + performance.now() - said.at;

const everyMs = 15_000;
/** From then on an operator should know. */
const muchMs = 60_000;

/** Asks the database for its time, now and then. Rejects when it does not answer the first time. */
export async function followDatabaseClock(db: Db, log: Log): Promise<{ stop(): void }> {
  let warned = false;
  const look = async () => {
    const before = performance.now();
    const { rows } = await sql<{ ms: number }>`
      select extract(epoch from clock_timestamp())::float8 * 1000 as ms`.execute(db);
    said = { ms: rows[0]!.ms, at: (before + performance.now()) / 2 };
    const aheadMs = Date.now() - databaseNow();
    const isMuch = Math.abs(aheadMs) > muchMs;
    if (isMuch && !warned)
      log.warn({ seconds: Math.round(aheadMs / 1000) }, "this machine's clock differs from the database's");
    warned = isMuch;
  };
  await look();
  // While the database is away the last answer stands; whoever needs it says so.
  const timer = setInterval(() => void look().catch(() => undefined), everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
