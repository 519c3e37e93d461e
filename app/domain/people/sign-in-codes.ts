import { randomInt } from "node:crypto";
import { hash } from "@node-rs/argon2";
import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { takeFrom } from "./limits.ts";
import { hashToken } from "./sessions.ts";

export const codeMinutes = 10;
export const codeTries = 5;
/** Letters to one address, in these minutes: whoever asks for them. */
export const codeMails = 3;
export const codeMailMinutes = 15;
/** For so long a browser that has signed in to an address is known as its person's. */
const provenDays = 180;

type Asked = {
  email: string;
  returnTo: string;
  browserToken: string;
  networkAddress: string;
  /** The id of a code whose letter this browser opened: only the mailbox's person can know its link. */
  fromMail?: string;
};

export type CodeRequest =
  | { ok: true; codeId: string; letter: { code: string } | undefined }
  | { ok: false; reason: "too_often"; waitSeconds: number };

/**
 * Makes a code for a browser to sign in with: 6 digits, 10 minutes, and only for this browser. The caller sends
 * `letter`, if there is one, after it has answered. Whether there is a letter must not show: an address gets at most 3
 * in 15 minutes, and after them the page goes on as if there were a fourth. A stranger cannot use up the letters of
 * the mailbox's person: a browser that has signed in to the address before, or that opened a letter of ours, has 3 of
 * its own. Refuses when too many codes are asked for from one network address, or in all.
 */
export async function requestCode(db: Db, asked: Asked): Promise<CodeRequest> {
  const proven = await isProven(db, asked);
  if (!proven) {
    const network = await takeFrom(db, "codes.network", asked.networkAddress);
    const taken = network.ok ? await takeFrom(db, "codes.all", "all") : network;
    if (!taken.ok) return { ok: false, reason: "too_often", waitSeconds: taken.waitSeconds };
  }
  const code = drawCode();
  const codeHash = await hash(code);
  return db.transaction().execute(async (trx) => {
    // One at a time for each address: two at once would both count two letters and send a third.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`sign-in:${asked.email}`}, 0))`.execute(trx);
    const browserHash = hashToken(asked.browserToken);
    const letters = await countLetters(trx, { email: asked.email, browserHash });
    const mailed = letters.all < codeMails || (proven && letters.own < codeMails);
    if (!mailed) {
      // The letter that is on its way stays good.
      const pending = await findPendingCode(trx, asked.browserToken);
      if (pending?.email === asked.email && pending.state === "open")
        return { ok: true, codeId: pending.id, letter: undefined };
    }
    const { id } = await trx
      .insertInto("sign_in_codes")
      .values({
        email: asked.email,
        code_hash: codeHash,
        browser_hash: browserHash,
        decoy: !mailed,
        proven,
        return_to: asked.returnTo,
        created_at: sql`clock_timestamp()`,
        expires_at: sql<Date>`clock_timestamp() + make_interval(mins => ${codeMinutes})`,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { ok: true, codeId: id, letter: mailed ? { code } : undefined };
  });
}

/** Six digits, by the system's generator for secrets. */
export const drawCode = (): string => String(randomInt(0, 1_000_000)).padStart(6, "0");

/** Whether this browser has shown that the mailbox is its person's. */
async function isProven(db: Db, { email, browserToken, fromMail }: Asked): Promise<boolean> {
  if (fromMail && (await findCodeEmail(db, fromMail)) === email) return true;
  return hasSignedInBefore(db, { email, browserToken });
}

/** Whether this browser has signed in to this address in the last 180 days. */
export async function hasSignedInBefore(
  db: Db,
  { email, browserToken }: { email: string; browserToken: string },
): Promise<boolean> {
  const used = await db
    .selectFrom("sign_in_codes")
    .select("id")
    .where("browser_hash", "=", hashToken(browserToken))
    .where("email", "=", email)
    .where("used_at", ">", sql<Date>`now() - make_interval(days => ${provenDays})`)
    .limit(1)
    .executeTakeFirst();
  return used !== undefined;
}

async function countLetters(db: Db, { email, browserHash }: { email: string; browserHash: Buffer }) {
  const { all, own } = await db
    .selectFrom("sign_in_codes")
    .select([
      sql<number>`count(*)`.as("all"),
      sql<number>`count(*) filter (where proven or browser_hash = ${browserHash})`.as("own"),
    ])
    .where("email", "=", email)
    .where("decoy", "=", false)
    .where("created_at", ">", sql<Date>`clock_timestamp() - make_interval(mins => ${codeMailMinutes})`)
    .executeTakeFirstOrThrow();
  return { all: Number(all), own: Number(own) };
}

export type PendingCode = {
  id: string;
  email: string;
  returnTo: string;
  state: "open" | "expired" | "no_tries_left" | "used";
  mailFailed: boolean;
};

/** The newest code that this browser asked for in the last hour, in whatever state, or undefined. */
export async function findPendingCode(db: Db, browserToken: string): Promise<PendingCode | undefined> {
  return db
    .selectFrom("sign_in_codes")
    .select(["id", "email", "return_to as returnTo"])
    .select(
      sql<PendingCode["state"]>`case
        when used_at is not null then 'used'
        when tries >= ${codeTries} then 'no_tries_left'
        when expires_at <= clock_timestamp() then 'expired'
        else 'open' end`.as("state"),
    )
    .select(sql<boolean>`mail_failed_at is not null`.as("mailFailed"))
    .where("browser_hash", "=", hashToken(browserToken))
    .where("created_at", ">", sql<Date>`clock_timestamp() - interval '1 hour'`)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** The address that a code's letter went to, or undefined when that was more than a day ago. */
export async function findCodeEmail(db: Db, codeId: string): Promise<string | undefined> {
  const code = await db
    .selectFrom("sign_in_codes")
    .select("email")
    .where("id", "=", codeId)
    .where("decoy", "=", false)
    .where("created_at", ">", sql<Date>`now() - interval '1 day'`)
    .executeTakeFirst();
  return code?.email;
}

/** Keeps in mind that a letter could not be sent, for the page that waits for its code. */
export async function markMailFailed(db: Db, codeId: string): Promise<void> {
  await db
    .updateTable("sign_in_codes")
    .set({ mail_failed_at: sql`now()` })
    .where("id", "=", codeId)
    .execute();
}

/**
 * Deletes what signing in leaves behind: codes that nobody used after a day, used ones when they no longer show whose
 * browser it is, drafts and counters that have run out. A thousand rows of each at most; for a sweep.
 */
export async function deleteStaleSignIns(db: Db): Promise<void> {
  await sql`delete from sign_in_codes where id in (
    select id from sign_in_codes
    where expires_at < now() - interval '1 day'
      and (used_at is null or used_at < now() - make_interval(days => ${provenDays})) limit 1000)`.execute(
    db,
  );
  await sql`delete from form_drafts where id in (
    select id from form_drafts where expires_at < now() limit 1000)`.execute(db);
  await sql`delete from rate_limits where key in (
    select key from rate_limits where expire < extract(epoch from now()) * 1000 limit 1000)`.execute(db);
}
