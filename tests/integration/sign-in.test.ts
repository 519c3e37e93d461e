import { hash } from "@node-rs/argon2";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeFrom } from "#app/domain/people/limits.ts";
import { findViewer } from "#app/domain/people/sessions.ts";
import { signInWithCode } from "#app/domain/people/sign-in.ts";
import { deleteStaleSignIns, requestCode } from "#app/domain/people/sign-in-codes.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import { insertUser, signIn, unique } from "#tests/factories.ts";
import { otherCode } from "#tests/http-browser.ts";
import { openTestServices } from "./setup.ts";

let db: Db;
let queue: Queue;
let close: () => Promise<void>;
beforeAll(async () => {
  const test = await openTestServices();
  ({ db, close } = test);
  queue = test.services.queue;
});
afterAll(() => close());

const newBrowser = () => unique("browser").padEnd(43, "x");
const newAddress = () => `${unique("person")}@example.com`;
let network = 0;
const newNetwork = () => `10.0.${Math.floor(++network / 250)}.${network % 250}`;

type Asking = { email: string; browserToken: string; networkAddress?: string; fromMail?: string };

async function ask({ networkAddress = newNetwork(), ...asking }: Asking) {
  const asked = await requestCode(db, { returnTo: "/there", networkAddress, ...asking });
  if (!asked.ok) throw new Error(asked.reason);
  return asked;
}

type Typing = { code: string; browserToken?: string; fromMail?: string; oldSessionToken?: string };

const type = ({ browserToken, ...typed }: Typing) =>
  signInWithCode(db, queue, { browserToken, networkAddress: newNetwork(), userAgent: "tests", ...typed });

async function askForLetter(asking: Asking) {
  const { letter, codeId } = await ask(asking);
  if (!letter) throw new Error("there was no letter");
  return { code: letter.code, codeId };
}

const sessionsOf = async (email: string) =>
  db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .select(["sessions.id", "ended_at"])
    .where("email", "=", email)
    .execute();

describe("signing in with a code", () => {
  it("makes the person's row and a session, and says where they wanted to go", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code } = await askForLetter({ email, browserToken });
    expect(await db.selectFrom("users").select("id").where("email", "=", email).execute()).toEqual([]);

    const signedIn = await type({ code, browserToken });

    expect(signedIn).toMatchObject({ ok: true, first: true, returnTo: "/there" });
    expect(signedIn.ok && (await findViewer(db, signedIn.token))).toMatchObject({ email });
  });

  it("keeps the row of somebody who was invited before they ever came", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { id } = await db.insertInto("users").values({ email }).returning("id").executeTakeFirstOrThrow();
    const { code } = await askForLetter({ email, browserToken });
    expect(await type({ code, browserToken })).toMatchObject({ ok: true, userId: id, first: true });
    const user = await db.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
    expect(user.first_signed_in_at).not.toBeNull();
  });

  it("works once, also when the right code is sent ten times at once (ASVS 6.5.1, 15.4.2)", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code } = await askForLetter({ email, browserToken });
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => type({ code, browserToken })));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await type({ code, browserToken })).toMatchObject({ ok: false });
    expect(await sessionsOf(email)).toHaveLength(1);
  });

  it("does not work in another browser, and uses up no try of the one that asked (ASVS 6.6.2)", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code } = await askForLetter({ email, browserToken });
    expect(await type({ code, browserToken: newBrowser() })).toEqual({ ok: false, reason: "no_code" });
    expect(await type({ code, browserToken: undefined })).toEqual({ ok: false, reason: "no_code" });
    // A browser that has a code of its own, for another address.
    const other = newBrowser();
    await ask({ email: newAddress(), browserToken: other });
    expect(await type({ code, browserToken: other })).toMatchObject({ ok: false, reason: "wrong" });
    const row = await db
      .selectFrom("sign_in_codes")
      .select("tries")
      .where("email", "=", email)
      .executeTakeFirst();
    expect(row?.tries).toBe(0);
    expect(await type({ code, browserToken })).toMatchObject({ ok: true });
  });

  it("is dead after five wrong tries, also at once, and a fresh code of the same browser works (ASVS 6.6.3)", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code } = await askForLetter({ email, browserToken });
    const wrong = await Promise.all(
      Array.from({ length: 20 }, (_, index) => type({ code: otherCode(code, index + 1), browserToken })),
    );
    expect(wrong.filter((outcome) => !outcome.ok && outcome.reason === "wrong")).toHaveLength(5);
    expect(await type({ code, browserToken })).toEqual({ ok: false, reason: "no_code" });
    expect(await sessionsOf(email)).toEqual([]);

    const fresh = await askForLetter({ email, browserToken });
    expect(await type({ code: fresh.code, browserToken })).toMatchObject({ ok: true });
  });

  it("says how many tries are left", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code } = await askForLetter({ email, browserToken });
    expect(await type({ code: otherCode(code), browserToken })).toMatchObject({ triesLeft: 4 });
    expect(await type({ code: otherCode(code), browserToken })).toMatchObject({ triesLeft: 3 });
  });

  it("runs out after ten minutes (ASVS 6.5.5)", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code, codeId } = await askForLetter({ email, browserToken });
    const row = await db
      .selectFrom("sign_in_codes")
      .select(sql<number>`extract(epoch from expires_at - created_at)::float8`.as("seconds"))
      .where("id", "=", codeId)
      .executeTakeFirstOrThrow();
    expect(row.seconds).toBeGreaterThan(595);
    expect(row.seconds).toBeLessThanOrEqual(601);
    await db
      .updateTable("sign_in_codes")
      .set({ expires_at: sql`now()` })
      .where("id", "=", codeId)
      .execute();
    expect(await type({ code, browserToken })).toEqual({ ok: false, reason: "no_code" });
  });

  it("takes only the newest code of a browser", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const first = await askForLetter({ email, browserToken });
    const second = await askForLetter({ email, browserToken });
    if (first.code !== second.code)
      expect(await type({ code: first.code, browserToken })).toMatchObject({ ok: false });
    expect(await type({ code: second.code, browserToken })).toMatchObject({ ok: true });
  });

  it("ends the session that the browser had, and no other of that person (ASVS 7.2.4)", async () => {
    const user = await insertUser(db);
    const [old, elsewhere] = [await signIn(db, user.id), await signIn(db, user.id)];
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code } = await askForLetter({ email, browserToken });
    const signedIn = await type({ code, browserToken, oldSessionToken: old.token });
    expect(signedIn.ok && signedIn.token).not.toBe(old.token);
    expect(await findViewer(db, old.token)).toBeUndefined();
    expect(await findViewer(db, elsewhere.token)).toMatchObject({ userId: user.id });
  });

  it("makes no session for an account that is switched off (ASVS 7.4.2)", async () => {
    const user = await insertUser(db);
    await db
      .updateTable("users")
      .set({ disabled_at: sql`now()` })
      .where("id", "=", user.id)
      .execute();
    const browserToken = newBrowser();
    const { code } = await askForLetter({ email: user.email, browserToken });
    expect(await type({ code, browserToken })).toMatchObject({ ok: false, reason: "account_disabled" });
    expect(await sessionsOf(user.email)).toEqual([]);
  });

  it("keeps no code that can be read: a salted slow hash, another one each time (ASVS 6.5.2)", async () => {
    const { code, codeId } = await askForLetter({ email: newAddress(), browserToken: newBrowser() });
    const row = await db
      .selectFrom("sign_in_codes")
      .selectAll()
      .where("id", "=", codeId)
      .executeTakeFirstOrThrow();
    expect(row.code_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(JSON.stringify(row)).not.toContain(code);
  });
});

describe("letters to one address", () => {
  it("are three in fifteen minutes, also when ten are asked for at once from everywhere", async () => {
    const email = newAddress();
    const asked = await Promise.all(
      Array.from({ length: 10 }, () => ask({ email, browserToken: newBrowser() })),
    );
    expect(asked.filter(({ letter }) => letter)).toHaveLength(3);
    expect((await ask({ email, browserToken: newBrowser() })).letter).toBeUndefined();
    await db
      .updateTable("sign_in_codes")
      .set({ created_at: sql`created_at - interval '15 minutes'` })
      .where("email", "=", email)
      .execute();
    expect((await ask({ email, browserToken: newBrowser() })).letter).toBeDefined();
  });

  it("are three for its person too, and a fourth request leaves the newest letter's code good", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    await ask({ email, browserToken });
    await ask({ email, browserToken });
    const third = await askForLetter({ email, browserToken });
    expect((await ask({ email, browserToken })).letter).toBeUndefined();
    expect(await type({ code: third.code, browserToken })).toMatchObject({ ok: true });
    expect((await ask({ email, browserToken })).letter).toBeUndefined();
  });

  it("cannot be used up by strangers for a browser that has signed in to it before", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const { code } = await askForLetter({ email, browserToken });
    expect(await type({ code, browserToken })).toMatchObject({ ok: true });
    for (let stranger = 0; stranger < 4; stranger++) await ask({ email, browserToken: newBrowser() });
    const fresh = await askForLetter({ email, browserToken });
    expect(await type({ code: fresh.code, browserToken })).toMatchObject({ ok: true });
  });

  it("cannot be used up by strangers for whoever can read one of them", async () => {
    const email = newAddress();
    const strangers = await askForLetter({ email, browserToken: newBrowser() });
    for (let stranger = 0; stranger < 4; stranger++) await ask({ email, browserToken: newBrowser() });
    const browserToken = newBrowser();
    expect((await ask({ email, browserToken })).letter).toBeUndefined();
    const own = await askForLetter({ email, browserToken, fromMail: strangers.codeId });
    expect(await type({ code: own.code, browserToken })).toMatchObject({ ok: true });
    // A program that clicks on every link it is sent stops somewhere.
    for (let clicks = 0; clicks < 4; clicks++)
      await ask({ email, browserToken: newBrowser(), fromMail: strangers.codeId });
    const more = await ask({ email, browserToken: newBrowser(), fromMail: strangers.codeId });
    expect(more.letter).toBeUndefined();
  });

  it("are no more for an address because a letter to another one was opened", async () => {
    const own = await askForLetter({ email: newAddress(), browserToken: newBrowser() });
    const email = newAddress();
    for (let asked = 0; asked < 3; asked++)
      await ask({ email, browserToken: newBrowser(), fromMail: own.codeId });
    expect((await ask({ email, browserToken: newBrowser(), fromMail: own.codeId })).letter).toBeUndefined();
  });

  it("leave a code behind that no guess fits when there is none", async () => {
    const email = newAddress();
    for (let asked = 0; asked < 3; asked++) await ask({ email, browserToken: newBrowser() });
    const browserToken = newBrowser();
    const { letter, codeId } = await ask({ email, browserToken });
    expect(letter).toBeUndefined();
    const row = await db
      .selectFrom("sign_in_codes")
      .selectAll()
      .where("id", "=", codeId)
      .executeTakeFirstOrThrow();
    expect(row.decoy).toBe(true);
    await db
      .updateTable("sign_in_codes")
      .set({ code_hash: await hash("123456") })
      .where("id", "=", codeId)
      .execute();
    expect(await type({ code: "123456", browserToken })).toMatchObject({ reason: "wrong", triesLeft: 4 });
  });
});

describe("guessing at one address", () => {
  it("ends after 25 wrong codes a day, but not for the browser and the mailbox of its person", async () => {
    const [email, known] = [newAddress(), newBrowser()];
    const before = await askForLetter({ email, browserToken: known });
    expect(await type({ code: before.code, browserToken: known })).toMatchObject({ ok: true });
    for (let guess = 0; guess < 25; guess++) await takeFrom(db, "tries.address", email);

    const stranger = newBrowser();
    const { code, codeId } = await askForLetter({ email, browserToken: stranger });
    // Even the right one, which a guess could be.
    expect(await type({ code, browserToken: stranger })).toMatchObject({ ok: false, reason: "wrong" });
    expect(await type({ code, browserToken: stranger, fromMail: codeId })).toMatchObject({ ok: true });

    const own = await askForLetter({ email, browserToken: known });
    expect(await type({ code: own.code, browserToken: known })).toMatchObject({ ok: true });
  });
});

describe("one network address", () => {
  it("asks for a hundred codes in fifteen minutes and no more, each for another address (ASVS 2.4.1)", async () => {
    const networkAddress = newNetwork();
    for (let taken = 0; taken < 99; taken++) await takeFrom(db, "codes.network", networkAddress);
    const asking = () => ({ returnTo: "/", networkAddress, email: newAddress(), browserToken: newBrowser() });
    const outcomes = await Promise.all([requestCode(db, asking()), requestCode(db, asking())]);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const refused = outcomes.find(({ ok }) => !ok);
    expect(refused).toMatchObject({ reason: "too_often" });
    expect(refused && !refused.ok && refused.waitSeconds).toBeGreaterThan(60);
  });

  it("tries 150 codes in fifteen minutes and no more, without costing the last one a try (ASVS 2.4.1)", async () => {
    const [networkAddress, browserToken, email] = [newNetwork(), newBrowser(), newAddress()];
    const { code } = await askForLetter({ email, browserToken });
    for (let taken = 0; taken < 150; taken++) await takeFrom(db, "tries.network", networkAddress);
    const typed = { code, browserToken, networkAddress, userAgent: "tests" };
    expect(await signInWithCode(db, queue, typed)).toMatchObject({ ok: false, reason: "too_often" });
    expect(await type({ code, browserToken })).toMatchObject({ ok: true });
  });
});

describe("the sweep", () => {
  it("deletes old codes and keeps those that are good, or that show whose browser it is", async () => {
    const [email, browserToken] = [newAddress(), newBrowser()];
    const used = await askForLetter({ email, browserToken });
    await type({ code: used.code, browserToken });
    const unused = await askForLetter({ email: newAddress(), browserToken: newBrowser() });
    await db
      .updateTable("sign_in_codes")
      .set({
        created_at: sql`created_at - interval '2 days'`,
        expires_at: sql`expires_at - interval '2 days'`,
      })
      .where("id", "in", [used.codeId, unused.codeId])
      .execute();
    const good = await askForLetter({ email: newAddress(), browserToken: newBrowser() });
    await deleteStaleSignIns(db);
    const left = await db
      .selectFrom("sign_in_codes")
      .select("id")
      .where("id", "in", [used.codeId, unused.codeId, good.codeId])
      .execute();
    expect(left.map(({ id }) => id).sort()).toEqual([used.codeId, good.codeId].sort());
  });
});
