import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endSession } from "#app/domain/people/sessions.ts";
import { signInWithCode } from "#app/domain/people/sign-in.ts";
import { requestCode } from "#app/domain/people/sign-in-codes.ts";
import { createMailer } from "#app/services/mail.ts";
import { insertUser, unique } from "#tests/factories.ts";
import { letterText } from "#tests/http-browser.ts";
import { signInMail } from "#worker/handlers/sign-in-mail.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const firefox = "Mozilla/5.0 (Windows NT 10.0; rv:150.0) Gecko/20100101 Firefox/150.0";
const newBrowser = () => unique("browser").padEnd(43, "x");
const newAddress = () => `${unique("person")}@example.com`;
let network = 0;
const newNetwork = () => `10.1.${Math.floor(++network / 250)}.${network % 250}`;

/** A browser that has asked for a code and was sent it; the address's own three letters do not count against it. */
async function askForCode(email: string, browserToken: string): Promise<string> {
  const { db } = test;
  await sql`update sign_in_codes set created_at = least(created_at, now() - interval '20 minutes') where email = ${email}`.execute(
    db,
  );
  const asked = await requestCode(db, { email, browserToken, returnTo: "/", networkAddress: newNetwork() });
  if (!asked.ok || !asked.letter) throw new Error("there was no letter");
  return asked.letter.code;
}

async function signInWith(code: string, browserToken: string, userAgent = firefox) {
  const typed = { code, browserToken, networkAddress: newNetwork(), userAgent };
  const signedIn = await signInWithCode(test.db, test.services.queue, typed);
  if (!signedIn.ok) throw new Error(signedIn.reason);
  return signedIn;
}

const signIn = async (email: string, browserToken: string, userAgent?: string) =>
  signInWith(await askForCode(email, browserToken), browserToken, userAgent);

/** The sessions that letters are to be written about. */
async function queuedFor(email: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.id from pgboss.job j
    join sessions s on s.id::text = j.data ->> 'sessionId' join users u on u.id = s.user_id
    where j.name = 'sign-in.mail' and u.email = ${email} order by s.created_at
  `.execute(test.db);
  return rows.map(({ id }) => id);
}

const lettersTo = (email: string) =>
  test.letters.filter(({ to }) => to.includes(email)).map(({ raw }) => letterText(raw));

describe("a sign-in is news", () => {
  it("when its browser is new to somebody who has signed in before, and only then (ASVS 6.3.5)", async () => {
    const [email, home, phone] = [newAddress(), newBrowser(), newBrowser()];
    await signIn(email, home);
    await signIn(email, home);
    expect(await queuedFor(email)).toEqual([]);

    const { sessionId } = await signIn(email, phone);
    expect(await queuedFor(email)).toEqual([sessionId]);

    await signIn(email, phone);
    await signIn(email, home);
    expect(await queuedFor(email)).toEqual([sessionId]);
  });

  it("in a browser that is known as somebody else's", async () => {
    const [email, theirs] = [newAddress(), newBrowser()];
    await signIn(email, newBrowser());
    await signIn(newAddress(), theirs);
    const { sessionId } = await signIn(email, theirs);
    expect(await queuedFor(email)).toEqual([sessionId]);
  });

  it("in a browser whose person was not there for 180 days", async () => {
    const [email, home] = [newAddress(), newBrowser()];
    await signIn(email, home);
    await test.db
      .updateTable("sign_in_codes")
      .set({ used_at: sql`now() - interval '181 days'` })
      .where("email", "=", email)
      .execute();
    const { sessionId } = await signIn(email, home);
    expect(await queuedFor(email)).toEqual([sessionId]);
  });

  it("not when somebody who was invited comes for the first time, nor when the sign-in fails", async () => {
    const [email, home] = [newAddress(), newBrowser()];
    await test.db.insertInto("users").values({ email }).execute();
    await signIn(email, home);
    const phone = newBrowser();
    const code = await askForCode(email, phone);
    await test.db
      .updateTable("users")
      .set({ disabled_at: sql`now()` })
      .where("email", "=", email)
      .execute();
    await expect(signInWith(code, phone)).rejects.toThrow("account_disabled");
    expect(await queuedFor(email)).toEqual([]);
  });

  it("five times a day, also when the sign-ins come at once", async () => {
    const [user, other] = [await insertUser(test.db), await insertUser(test.db)];
    const asked: [string, string][] = [];
    for (let index = 0; index < 8; index++) {
      const browser = newBrowser();
      asked.push([await askForCode(user.email, browser), browser]);
    }
    const signedIn = await Promise.all(asked.map((typed) => signInWith(...typed)));
    expect(new Set(signedIn.map(({ sessionId }) => sessionId)).size).toBe(8);
    expect(await queuedFor(user.email)).toHaveLength(5);
    await signIn(other.email, newBrowser());
    expect(await queuedFor(other.email)).toHaveLength(1);
  });
});

describe("the letter about it", () => {
  const send = (sessionId: string) => signInMail(test.services, { sessionId });

  it("says when, in their zone, in which browser and what to do, and holds nothing that opens anything (ASVS 6.3.7)", async () => {
    const user = await insertUser(test.db);
    await test.db
      .updateTable("users")
      .set({ time_zone: "Asia/Kathmandu" })
      .where("id", "=", user.id)
      .execute();
    const { sessionId, token } = await signIn(user.email, newBrowser());
    await test.db
      .updateTable("sessions")
      .set({ created_at: new Date("2026-03-01T20:00:00Z") })
      .where("id", "=", sessionId)
      .execute();
    await send(sessionId);
    const [letter, ...more] = lettersTo(user.email);
    expect(more).toEqual([]);
    expect(letter).toContain("Subject: A new sign-in to Frontrow: Firefox on Windows");
    expect(letter).toContain("Monday, 2 March 2026");
    expect(letter).toContain("01:45 (Asia/Kathmandu)");
    const { publicUrl } = test.services.config;
    expect(letter!.match(/https?:\S+/g)).toEqual([`${publicUrl}/account/sessions`]);
    expect(letter).not.toContain(token);
    expect(letter).not.toContain(sessionId);
  });

  it("is sent once, however often the job runs, and also when the session has ended by then", async () => {
    const { id: userId, email } = await insertUser(test.db);
    const { sessionId } = await signIn(email, newBrowser());
    await endSession(test.db, test.services.queue, { userId, sessionId });
    await send(sessionId);
    await send(sessionId);
    expect(lettersTo(email)).toHaveLength(1);
    expect(lettersTo(email)[0]).toContain("(UTC)");
  });

  it("takes no words from a browser that names itself as it likes", async () => {
    const { email } = await insertUser(test.db);
    const { sessionId } = await signIn(email, newBrowser(), "Call +1 555 0100\r\nBcc: them@example.com");
    await send(sessionId);
    expect(lettersTo(email)[0]).toContain("Subject: A new sign-in to Frontrow: An unknown browser");
    expect(lettersTo(email)[0]).not.toMatch(/555|them@example/);
  });

  it("does not go to an account that is switched off, nor about a session that is gone", async () => {
    const { id, email } = await insertUser(test.db);
    const [off, gone] = [await signIn(email, newBrowser()), await signIn(email, newBrowser())];
    await test.db.deleteFrom("sessions").where("id", "=", gone.sessionId).execute();
    await send(gone.sessionId);
    await test.db
      .updateTable("users")
      .set({ disabled_at: sql`now()` })
      .where("id", "=", id)
      .execute();
    await send(off.sessionId);
    expect(lettersTo(email)).toEqual([]);
  });

  it("is tried again when the mail server was away, and goes then", async () => {
    const { email } = await insertUser(test.db);
    const { sessionId } = await signIn(email, newBrowser());
    const away = {
      ...test.services,
      mailer: createMailer({ url: "smtp://127.0.0.1:9", from: "us@example.com" }),
    };
    await expect(signInMail(away, { sessionId })).rejects.toMatchObject({
      name: "ServiceError",
      retryable: true,
    });
    away.mailer.close();
    await send(sessionId);
    expect(lettersTo(email)).toHaveLength(1);
  });
});
