import { sql, type Transaction } from "kysely";
import type { Database } from "#db/client.ts";
import { enqueue, type Queue } from "../../jobs/queue.ts";
import { type Sending, sendTo } from "../mail/send-to.ts";
import { newSignInLetter } from "../letters/new-sign-in.ts";
import { browserInWords } from "./browser-words.ts";
import { takeFrom } from "./limits.ts";

/**
 * Enqueues a letter to somebody about their own new session, if it is news: it began in a browser that had not signed in
 * to their address within 180 days (see `hasSignedInBefore`, by which a browser is known anyway; nothing more is kept for
 * this), and they had signed in before. After five letters in a day there are no more: the page that they lead to lists
 * every session.
 */
export async function tellOfSignIn(
  trx: Transaction<Database>,
  queue: Queue,
  {
    userId,
    sessionId,
    first,
    knownBrowser,
  }: { userId: string; sessionId: string; first: boolean; knownBrowser: boolean },
): Promise<void> {
  if (first || knownBrowser) return;
  if ((await takeFrom(trx, "sign-ins.person", userId)).ok)
    await enqueue(trx, queue, "sign-in.mail", { sessionId });
}

/**
 * Writes to a person about a session of theirs, once, also when it was ended by now: a session that is gone or was written
 * about, and an account that is switched off, are left alone. Throws as `sendTo` does, and the job is tried again.
 */
export async function sendSignInNews(
  { publicUrl, ...sending }: Sending & { publicUrl: string },
  { sessionId }: { sessionId: string },
): Promise<void> {
  const { db } = sending;
  const session = await db
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user_id")
    .select(["u.email", "s.user_agent as userAgent", "s.created_at as at"])
    .select(sql<string>`coalesce(u.time_zone, 'UTC')`.as("timeZone"))
    .where("s.id", "=", sessionId)
    .where("s.mailed_at", "is", null)
    .where("u.disabled_at", "is", null)
    .executeTakeFirst();
  if (!session) return;
  const { email, userAgent, at, timeZone } = session;
  const link = `${publicUrl}/account/sessions`;
  const browser = browserInWords(userAgent);
  const letter = newSignInLetter({ email, browser, at, timeZone, link });
  if (!(await sendTo(sending, { to: email, ...letter }, { sessionId }))) return;
  await db
    .updateTable("sessions")
    .set({ mailed_at: sql`now()` })
    .where("id", "=", sessionId)
    .where("mailed_at", "is", null)
    .execute();
}
