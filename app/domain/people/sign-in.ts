import { randomBytes } from "node:crypto";
import { hashSync, verify } from "@node-rs/argon2";
import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { Queue } from "../../jobs/queue.ts";
import { enforceAccess } from "../access/enforcement.ts";
import { forgetFailure } from "../mail/failures.ts";
import { isUsedUp, takeFrom } from "./limits.ts";
import { hashToken, insertSession } from "./sessions.ts";
import { codeTries, findPendingCode, hasSignedInBefore, type PendingCode } from "./sign-in-codes.ts";
import { tellOfSignIn } from "./sign-in-news.ts";

type Try = {
  code: string;
  browserToken: string | undefined;
  networkAddress: string;
  userAgent: string;
  /** The code's own id, when the browser came by the link of its letter. */
  fromMail?: string;
  /** What the browser's session cookie holds: that session ends when another begins. */
  oldSessionToken?: string;
};

export type SignedIn = {
  ok: true;
  token: string;
  sessionId: string;
  userId: string;
  returnTo: string;
  first: boolean;
};
export type SignInRefusal =
  | { ok: false; reason: "too_often"; waitSeconds: number }
  | { ok: false; reason: "no_code" }
  | { ok: false; reason: "wrong"; codeId: string; triesLeft: number }
  | { ok: false; reason: "used"; codeId: string }
  | { ok: false; reason: "account_disabled"; codeId: string; userId: string };

/**
 * Signs a browser in with the code it was sent. Each try counts before the code is looked at, so that tries at once
 * are as many as tries in a row; the right code works once. What follows is a new session, the end of the one that
 * this browser had, the person's row if they have none yet, and a letter about it if the browser is new to them. A browser
 * without a code learns nothing, in the same time.
 */
export async function signInWithCode(db: Db, queue: Queue, typed: Try): Promise<SignedIn | SignInRefusal> {
  const waiting = typed.browserToken ? await findPendingCode(db, typed.browserToken) : undefined;
  const proven = waiting !== undefined && (await isProven(db, waiting, typed));
  if (!proven) {
    const network = await takeFrom(db, "tries.network", typed.networkAddress);
    const taken = network.ok ? await takeFrom(db, "tries.all", "all") : network;
    if (!taken.ok) return { ok: false, reason: "too_often", waitSeconds: taken.waitSeconds };
  }
  const pending = waiting && (await takeTry(db, waiting.id));
  const fits = await verify(pending?.code_hash ?? nobodysHash(), typed.code);
  if (!pending) return { ok: false, reason: "no_code" };
  // A decoy's code was told to nobody, so whoever has it has guessed.
  const guessed = pending.decoy || (!proven && (await isUsedUp(db, "tries.address", pending.email)));
  if (!fits || guessed) {
    if (!proven) await takeFrom(db, "tries.address", pending.email);
    return { ok: false, reason: "wrong", codeId: pending.id, triesLeft: codeTries - pending.tries };
  }
  return finish(db, queue, pending, typed);
}

type Pending = { id: string; email: string; code_hash: string; decoy: boolean; tries: number };

/** Counts one try; undefined when the code is used, expired or out of tries. */
async function takeTry(db: Db, codeId: string): Promise<Pending | undefined> {
  return db
    .updateTable("sign_in_codes")
    .set({ tries: sql`tries + 1` })
    .where("id", "=", codeId)
    .where("used_at", "is", null)
    .where("tries", "<", codeTries)
    .where("expires_at", ">", sql<Date>`clock_timestamp()`)
    .returning(["id", "email", "code_hash", "decoy", "tries"])
    .executeTakeFirst();
}

/** When strangers guess at an address, its person still gets in: by a browser known to be theirs, or by the letter's link. */
async function isProven(db: Db, { id, email }: PendingCode, typed: Try): Promise<boolean> {
  if (typed.fromMail === id) return true;
  return hasSignedInBefore(db, { email, browserToken: typed.browserToken ?? "" });
}

async function finish(db: Db, queue: Queue, pending: Pending, typed: Try): Promise<SignedIn | SignInRefusal> {
  return db.transaction().execute(async (trx) => {
    // Before this code is used, which makes the browser a known one.
    const knownBrowser = await hasSignedInBefore(trx, {
      email: pending.email,
      browserToken: typed.browserToken ?? "",
    });
    const used = await trx
      .updateTable("sign_in_codes")
      .set({ used_at: sql`now()` })
      .where("id", "=", pending.id)
      .where("used_at", "is", null)
      .where("expires_at", ">", sql<Date>`clock_timestamp()`)
      .returning("return_to")
      .executeTakeFirst();
    if (!used) return { ok: false, reason: "used", codeId: pending.id };
    const before = await trx
      .selectFrom("users")
      .select("first_signed_in_at")
      .where("email", "=", pending.email)
      .executeTakeFirst();
    const user = await trx
      .insertInto("users")
      .values({ email: pending.email, first_signed_in_at: sql`now()` })
      .onConflict((conflict) =>
        conflict
          .column("email")
          .doUpdateSet({ first_signed_in_at: sql`coalesce(users.first_signed_in_at, now())` }),
      )
      .returning(["id", "disabled_at"])
      .executeTakeFirstOrThrow();
    if (user.disabled_at)
      return { ok: false, reason: "account_disabled", codeId: pending.id, userId: user.id };
    if (typed.oldSessionToken) {
      const old = await trx
        .updateTable("sessions")
        .set({ ended_at: sql`now()` })
        .where("token_hash", "=", hashToken(typed.oldSessionToken))
        .where("ended_at", "is", null)
        .returning("user_id")
        .executeTakeFirst();
      if (old) await enforceAccess(trx, queue, [old.user_id]);
    }
    const session = await insertSession(trx, {
      userId: user.id,
      userAgent: typed.userAgent,
      networkAddress: typed.networkAddress,
    });
    // The code was read there: mail arrives at this address, whatever a server said before.
    await forgetFailure(trx, pending.email);
    const first = !before?.first_signed_in_at;
    await tellOfSignIn(trx, queue, { userId: user.id, sessionId: session.sessionId, first, knownBrowser });
    return { ok: true, ...session, userId: user.id, returnTo: used.return_to, first };
  });
}

let nobodys: string | undefined;
/** A hash that no code fits, made as all are: to compare with it takes as long. */
const nobodysHash = () => (nobodys ??= hashSync(randomBytes(32)));
