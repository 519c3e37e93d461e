import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import type { MailOutcome } from "#db/types.ts";
import type { Claim } from "./due.ts";
import { noteFailures } from "./failures.ts";
import type { Held } from "./held.ts";

/** What came of one claim. Without an outcome it is tried again in `retrySeconds`. */
export type Result = Claim & {
  outcome: MailOutcome | null;
  reason: string;
  acceptedAt: Date | null;
  retrySeconds: number;
  /** Of a bounce. */
  address?: string;
};

/** A server that takes a thousand letters in a second has taken ten by then, and they cost one statement. */
const gatherMs = 10;

/**
 * Writes results down as they come: those that come while others are being written are written together, so that what a
 * mail server has accepted is on disk some milliseconds later, however many there are. While the database is away
 * they are kept and tried again. `settled` resolves when all are written.
 */
export function createOutcomes({ db, log }: Pick<Services, "db" | "log">, held: Held) {
  let waiting: Result[] = [];
  let writing: Promise<void> | undefined;

  async function writeAll() {
    while (waiting.length > 0) {
      await wait(gatherMs);
      const batch = waiting;
      waiting = [];
      await writeOnce(batch);
    }
    writing = undefined;
  }

  async function writeOnce(batch: Result[]) {
    for (let tries = 1; ; tries++) {
      try {
        await writeResults({ db }, batch);
        return held.release(batch);
      } catch (error) {
        // Whoever takes them then sends again what was accepted, with the same Message-ID.
        if (tries === 120) {
          held.release(batch);
          return log.error({ err: error, mails: batch.length }, "sent mail was not recorded");
        }
        await wait(500);
      }
    }
  }

  return {
    add(result: Result) {
      waiting.push(result);
      writing ??= writeAll();
    },
    settled: async () => {
      while (writing) await writing;
    },
  };
}

/** Only what nobody else has settled: a claim that had run out may have been another's. */
async function writeResults({ db }: Pick<Services, "db">, results: Result[]): Promise<void> {
  await sql`
    update mails m set outcome = r.outcome, reason = left(r.reason, 60), accepted_at = r.accepted_at,
      settled_at = case when r.outcome is not null then clock_timestamp() end,
      next_at = case when r.outcome is null then clock_timestamp() + make_interval(secs => r.retry_seconds) end
    from unnest(
      ${results.map(({ mailingId }) => mailingId)}::uuid[], ${results.map(({ personId }) => personId)}::uuid[],
      ${results.map(({ outcome }) => outcome)}::mail_outcome[], ${results.map(({ reason }) => reason)}::text[],
      ${results.map(({ acceptedAt }) => acceptedAt)}::timestamptz[],
      ${results.map(({ retrySeconds }) => retrySeconds)}::float8[], ${results.map(({ claims }) => claims)}::integer[]
    ) as r (mailing_id, person_id, outcome, reason, accepted_at, retry_seconds, claims)
    where m.mailing_id = r.mailing_id and m.person_id = r.person_id and m.outcome is null
      and (r.outcome is not null or m.claims = r.claims)
  `.execute(db);
  const bounced = results.flatMap(({ outcome, address, reason }) =>
    outcome === "bounced" && address ? [{ address, code: reason }] : [],
  );
  await noteFailures(db, bounced, "smtp");
}
