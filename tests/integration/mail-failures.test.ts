import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { sql } from "kysely";
import { SMTPServer } from "smtp-server";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChoices } from "#app/domain/mail/choices.ts";
import { messageIdOf } from "#app/domain/mail/failures.ts";
import { signInWithCode } from "#app/domain/people/sign-in.ts";
import { requestCode } from "#app/domain/people/sign-in-codes.ts";
import type { Services } from "#app/context.ts";
import { insertInvite } from "#app/domain/teams/invites.ts";
import { createMailer } from "#app/services/mail.ts";
import { emailAddress } from "#app/domain/text.ts";
import { inFuture, insertPeople, insertUser, unique } from "#tests/factories.ts";
import { grantMail } from "#worker/handlers/grant-mail.ts";
import { inviteMail } from "#worker/handlers/invite-mail.ts";
import { passOfferMail } from "#worker/handlers/pass-offer-mail.ts";
import { passRequestMail } from "#worker/handlers/pass-request-mail.ts";
import { signInMail } from "#worker/handlers/sign-in-mail.ts";
import { type SmtpScript, startScriptedSmtp } from "#tests/scripted-smtp.ts";
import { everything } from "./everything.ts";
import { come, deliver, fatesOf, makeDue, waitOut } from "./mail-fixtures.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

const newSecret = () => `whsec_${randomBytes(32).toString("base64")}`;
const [secret, former, foreign] = [newSecret(), newSecret(), newSecret()];

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb({ env: { MAIL_WEBHOOK_SECRET: `${secret},${former}` } });
});
afterAll(() => web.close());
const { cookieOf, visit } = browse(() => web);

type Sent = { signedWith?: string; id?: string; at?: Date; sentBody?: string };

/** Tells what a provider would tell. */
function tell(
  events: object[],
  { signedWith = secret, id = unique("msg"), at = new Date(), sentBody }: Sent = {},
) {
  const body = JSON.stringify({ events });
  return fetch(`${web.url}/webhooks/mail`, {
    method: "POST",
    body: sentBody ?? body,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(signedWith).sign(id, at, body),
    },
  });
}

const failures = () => web.db.selectFrom("mail_failures").selectAll().execute();
const isGone = async (email: string) => (await failures()).some(({ address }) => address === email);

describe("what a provider tells", () => {
  it("of a bounce stops mail to the address, once however often it is told, and stands at the mail", async () => {
    const { people, stream } = await insertPeople(web.db, { status: "scheduled" });
    const viewer = people.viewer!;
    await come(web.db, stream.id, viewer.id);
    const [mailingId] = await makeDue(web.db, stream.id, "reminder", 10);
    await deliver(web.services);
    const messageId = messageIdOf({ mailingId: mailingId!, personId: viewer.id }, web.url);
    const bounce = { kind: "bounce", address: viewer.email.toUpperCase(), code: "5.1.1", messageId };
    const id = unique("msg");
    const answers = await Promise.all([1, 2, 3].map(() => tell([bounce], { id })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await isGone(viewer.email)).toBe(true);
    expect(await fatesOf(web.db, stream.id, viewer.id)).toEqual(["reminder 10: bounced 5.1.1"]);

    await makeDue(web.db, stream.id, "reminder", 30);
    await sql`update streams set reminder_minutes = '{30}' where id = ${stream.id}`.execute(web.db);
    await deliver(web.services);
    expect(await fatesOf(web.db, stream.id, viewer.id)).toContain("reminder 30: skipped no_mailbox");
  });

  it("of a bounce before we have written that the mail was sent stands at the mail all the same", async () => {
    const { people, stream } = await insertPeople(web.db, { status: "scheduled" });
    const viewer = people.viewer!;
    await come(web.db, stream.id, viewer.id);
    const [mailingId] = await makeDue(web.db, stream.id, "reminder", 10);
    const messageId = messageIdOf({ mailingId: mailingId!, personId: viewer.id }, web.url);
    const { mailer } = web.services;
    let told: number | undefined;
    // The provider is faster than we are: its bounce is here when its yes to the letter is.
    const quick: Services["mailer"] = {
      ...mailer,
      async send(letter) {
        await mailer.send(letter);
        told = (await tell([{ kind: "bounce", address: viewer.email, code: "5.1.1", messageId }])).status;
      },
    };
    await deliver({ ...web.services, mailer: quick });
    expect(told).toBe(200);
    expect(await fatesOf(web.db, stream.id, viewer.id)).toEqual(["reminder 10: bounced 5.1.1"]);
    await waitOut(web.db);
    const before = web.letters.length;
    await deliver(web.services);
    expect(web.letters).toHaveLength(before);
    const listed = await visit(`/account/streams/${stream.id}/mail`, await cookieOf(people.owner));
    expect(listed.words).toContain(viewer.email);
  });

  it("of a bounce of a mail that was not begun leaves that to its time", async () => {
    const { people, stream } = await insertPeople(web.db, { status: "scheduled" });
    const viewer = people.viewer!;
    const [mailingId] = await makeDue(web.db, stream.id, "reminder", 10);
    await web.db
      .insertInto("mails")
      .values({ mailing_id: mailingId!, person_id: viewer.id, next_at: inFuture("1 hour") })
      .execute();
    const messageId = messageIdOf({ mailingId: mailingId!, personId: viewer.id }, web.url);
    await tell([{ kind: "bounce", address: viewer.email, code: "5.1.1", messageId }]);
    expect(await fatesOf(web.db, stream.id, viewer.id)).toEqual(["reminder 10: waits"]);
  });

  it("of a bounce that is not for good changes nothing", async () => {
    const person = await insertUser(web.db);
    await tell([{ kind: "bounce", address: person.email, permanent: false, code: "4.2.2" }]);
    expect(await isGone(person.email)).toBe(false);
  });

  it("of a complaint unsubscribes its person from everything", async () => {
    const person = await insertUser(web.db);
    await tell([{ kind: "complaint", address: person.email }]);
    const { rows } = await sql`
      select 1 from mail_choices where person_id = ${person.id} and all_stopped_at is not null`.execute(
      web.db,
    );
    expect(rows).toHaveLength(1);
    expect(await isGone(person.email)).toBe(false);
  });

  it("of somebody whom we do not know is forgotten", async () => {
    const address = `${unique("nobody")}@example.com`;
    expect((await tell([{ kind: "bounce", address }])).status).toBe(200);
    expect(await isGone(address)).toBe(false);
  });

  it("is taken with the former secret while both are there", async () => {
    const person = await insertUser(web.db);
    expect((await tell([{ kind: "bounce", address: person.email }], { signedWith: former })).status).toBe(
      200,
    );
    expect(await isGone(person.email)).toBe(true);
  });

  it("unsigned, forged, for another body, or six minutes old is refused with 401, and changes nothing", async () => {
    const person = await insertUser(web.db);
    const bounce = [{ kind: "bounce", address: person.email }];
    const before = await everything(web.db);
    const unsigned = await fetch(`${web.url}/webhooks/mail`, {
      method: "POST",
      body: JSON.stringify({ events: bounce }),
    });
    const answers = [
      unsigned,
      await tell(bounce, { signedWith: foreign }),
      await tell([{ kind: "bounce", address: "x@example.com" }], {
        sentBody: JSON.stringify({ events: bounce }),
      }),
      await tell(bounce, { at: new Date(Date.now() - 6 * 60_000) }),
      await tell(bounce, { at: new Date(Date.now() + 6 * 60_000) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(await everything(web.db)).toBe(before);
  });

  it.each<[string, (address: string) => string]>([
    ["in capitals", (address) => address.toUpperCase()],
    ["with its domain in its own letters", (address) => address.replace("xn--bcher-kva", "bücher")],
    [
      "with its domain in capitals of its own letters",
      (address) => address.replace("xn--bcher-kva", "BÜCHER"),
    ],
    ["with spaces around it", (address) => ` ${address} `],
  ])("of an address %s is told of its person", async (_, spelt) => {
    const { people, stream } = await insertPeople(web.db, { status: "scheduled" });
    const viewer = { ...people.viewer!, email: `${unique("ada")}@xn--bcher-kva.example` };
    await sql`update users set email = ${viewer.email} where id = ${viewer.id}`.execute(web.db);
    await come(web.db, stream.id, viewer.id);
    const [mailingId] = await makeDue(web.db, stream.id, "reminder", 10);
    await deliver(web.services);
    const messageId = messageIdOf({ mailingId: mailingId!, personId: viewer.id }, web.url);
    const address = spelt(viewer.email);
    const told = await tell([
      { kind: "bounce", address, code: "5.1.1", messageId },
      { kind: "complaint", address },
    ]);
    expect(told.status).toBe(200);
    expect(await isGone(viewer.email)).toBe(true);
    expect(await fatesOf(web.db, stream.id, viewer.id)).toEqual(["reminder 10: bounced 5.1.1"]);
    expect(await findChoices(web.db, viewer.id)).toMatchObject({ allStopped: true });
  });

  it.each(["Ada <ada@example.com>", "ada@example.com (Ada)", "ada", "ada@example.com, bob@example.com", ""])(
    "of %j is refused with 400 in words, whatever else came with it",
    async (address) => {
      const person = await insertUser(web.db);
      const before = await everything(web.db);
      const answer = await tell([
        { kind: "bounce", address: person.email },
        { kind: "bounce", address },
      ]);
      expect(answer.status).toBe(400);
      expect(await answer.text()).toMatch(
        /^Event 2 of 2 has no mail address: .*Nothing of it was taken\.\n$/,
      );
      expect(await everything(web.db)).toBe(before);
    },
  );

  it("in another format is refused with 400, and too much of it with 413", async () => {
    const before = await everything(web.db);
    for (const events of [[], [{ kind: "opened", address: "a@example.com" }], [{ kind: "bounce" }]])
      expect((await tell(events)).status).toBe(400);
    const much = Array.from({ length: 2_000 }, () => ({ kind: "bounce", address: "somebody@example.com" }));
    expect((await tell(much)).status).toBe(413);
    expect(await everything(web.db)).toBe(before);
  });

  it("without a secret of ours is refused, whoever signs", async () => {
    const closed = await startTestWeb();
    const body = JSON.stringify({ events: [{ kind: "bounce", address: "a@example.com" }] });
    const answer = await fetch(`${closed.url}/webhooks/mail`, { method: "POST", body });
    expect(answer.status).toBe(401);
    await closed.close();
  });
});

/** A mail server that answers each recipient as `answer` says. */
async function startRefusing(answer: (address: string) => { code: number; words: string } | undefined) {
  const taken: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onRcptTo({ address }, _, done) {
      const said = answer(address);
      if (said) return done(Object.assign(new Error(said.words), { responseCode: said.code }));
      taken.push(address);
      done();
    },
    onData(stream, _, done) {
      stream.resume();
      stream.on("end", () => done());
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  const mailer = createMailer({ ...web.services.config.mail, url: `smtp://127.0.0.1:${port}` });
  return {
    services: { ...web.services, mailer },
    taken,
    async close() {
      mailer.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describe("what a mail server answers", () => {
  it("for a mailbox that is not there stops mail to it, and is told in the creator's lists", async () => {
    const { people, stream, pass, grant } = await insertPeople(web.db, { status: "scheduled" });
    const [viewer, other] = [people.viewer!, await insertUser(web.db)];
    for (const { id } of [viewer, other]) await come(web.db, stream.id, id);
    const server = await startRefusing((address) =>
      address === viewer.email ? { code: 550, words: "5.1.1 No such user" } : undefined,
    );
    await makeDue(web.db, stream.id, "reminder", 10);
    await deliver(server.services);
    expect(await fatesOf(web.db, stream.id, viewer.id)).toEqual(["reminder 10: bounced 550 5.1.1"]);
    expect(await fatesOf(web.db, stream.id, other.id)).toEqual(["reminder 10: sent"]);
    expect(await isGone(viewer.email)).toBe(true);

    await grantMail(server.services, { grantId: grant.id });
    expect(server.taken).toEqual([other.email]);
    await server.close();

    const cookie = await cookieOf(people.owner);
    const list = await visit(`/account/passes/${pass.id}`, cookie);
    expect(list.words).toContain("Mail to this address comes back");
    const one = await visit(`/account/passes/${pass.id}/grants/${grant.id}`, cookie);
    expect(one.words).toContain("this mailbox does not exist");
    expect((await visit(`/account/streams/${stream.id}/mail`, cookie)).words).toContain(viewer.email);
  });

  it.each([
    ["that is full", 552, "5.2.2 Mailbox full"],
    ["of a server that wants nothing from us", 550, "5.7.1 Blocked"],
  ])("for a mailbox %s refuses that mail alone", async (_, code, words) => {
    const { people, stream } = await insertPeople(web.db, { status: "scheduled" });
    await come(web.db, stream.id, people.viewer!.id);
    const server = await startRefusing(() => ({ code, words }));
    await makeDue(web.db, stream.id, "reminder", 10);
    await deliver(server.services);
    expect(await fatesOf(web.db, stream.id, people.viewer!.id)).toEqual(["reminder 10: skipped refused"]);
    expect(await isGone(people.viewer!.email)).toBe(false);
    await server.close();
  });

  it("for now is followed by another try", async () => {
    const { people, stream } = await insertPeople(web.db, { status: "scheduled" });
    await come(web.db, stream.id, people.viewer!.id);
    let busy = true;
    const server = await startRefusing(() => (busy ? { code: 450, words: "4.2.0 Try later" } : undefined));
    await makeDue(web.db, stream.id, "reminder", 10);
    expect((await deliver(server.services)).away).toBe(false);
    expect(await fatesOf(web.db, stream.id, people.viewer!.id)).toEqual([
      "reminder 10: waits mail_server_away",
    ]);
    busy = false;
    await waitOut(web.db);
    await deliver(server.services);
    expect(await fatesOf(web.db, stream.id, people.viewer!.id)).toEqual(["reminder 10: sent"]);
    await server.close();
  });

  it.each<[string, SmtpScript]>([
    ["its greeting", { greeting: "554 No service here" }],
    ["our password", { auth: "535 5.7.8 Credentials invalid" }],
    ["our account", { mailFrom: "550 5.7.1 Account paused" }],
  ])("to %s with a refusal is about no letter: all wait for it to come back, and arrive", async (_, said) => {
    const { people, stream } = await insertPeople(web.db, { status: "scheduled" });
    const [viewer, other] = [people.viewer!, await insertUser(web.db)];
    for (const { id } of [viewer, other]) await come(web.db, stream.id, id);
    const script = { ...said };
    const server = await startScriptedSmtp(script);
    const mailer = createMailer({ ...web.services.config.mail, url: server.url });
    const services = { ...web.services, mailer };
    await makeDue(web.db, stream.id, "reminder", 10);
    expect(await deliver(services)).toEqual({ sent: 0, away: true });
    for (const { id, email } of [viewer, other]) {
      expect(await fatesOf(web.db, stream.id, id)).toEqual(["reminder 10: waits mail_server_away"]);
      expect(await isGone(email)).toBe(false);
    }
    for (const step of ["greeting", "auth", "mailFrom"] as const) delete script[step];
    await waitOut(web.db);
    await deliver(services);
    for (const { id } of [viewer, other])
      expect(await fatesOf(web.db, stream.id, id)).toEqual(["reminder 10: sent"]);
    expect(server.taken.sort()).toEqual([viewer.email, other.email].sort());
    mailer.close();
    await server.close();
  });

  it("is forgotten as soon as its person has read a code that we sent there", async () => {
    const { db, queue } = web.services;
    const person = await insertUser(db);
    await db.insertInto("mail_failures").values({ address: person.email, source: "smtp" }).execute();
    const seen = await visit("/account/mail", await cookieOf(person));
    expect(seen.words).toContain("Mail to you came back");
    const browserToken = unique("browser").padEnd(43, "x");
    const asked = await requestCode(db, {
      ...{ email: person.email, browserToken, returnTo: "/", networkAddress: "10.9.8.7" },
    });
    if (!asked.ok || !asked.letter) throw new Error("there was no letter");
    const typed = { code: asked.letter.code, browserToken, networkAddress: "10.9.8.7", userAgent: "tests" };
    expect((await signInWithCode(db, queue, typed)).ok).toBe(true);
    expect(await isGone(person.email)).toBe(false);
  });
});

describe("a letter that a job sends", () => {
  type House = Awaited<ReturnType<typeof insertPeople>>;
  type Sent = { email: string; send(services: Services): Promise<void> };
  const insertOffer = async ({ pass, people }: House): Promise<Sent> => {
    const { email, id: user_id } = people.stranger!;
    const { id: waitId } = await web.db
      .insertInto("access_pass_waits")
      .values({ access_pass_id: pass.id, user_id, offered_at: sql`now()`, offer_until: inFuture("1 day") })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { email, send: (services) => passOfferMail(services, { waitId }) };
  };
  const insertAnswer = async ({ pass, people }: House): Promise<Sent> => {
    const { email, id: user_id } = people.stranger!;
    const { id: requestId } = await web.db
      .insertInto("access_pass_requests")
      .values({
        ...{ access_pass_id: pass.id, user_id, price_minor: 100, currency: "EUR", status: "declined" },
        decided_at: sql`now()`,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { email, send: (services) => passRequestMail(services, { requestId }) };
  };
  const insertInvited = async ({ space, people }: House): Promise<Sent> => {
    const [spaceId, actorId, email] = [space.id, people.owner.id, `${unique("invited")}@example.com`];
    const invited = await insertInvite(web.db, web.services.queue, {
      ...{ spaceId, actorId, email },
      role: "host",
    });
    if (!invited.ok) throw new Error(invited.reason);
    return { email, send: (services) => inviteMail(services, { inviteId: invited.inviteId }) };
  };
  const insertNews = async ({ people }: House): Promise<Sent> => {
    const { email, id: user_id } = people.stranger!;
    const { id: sessionId } = await web.db
      .insertInto("sessions")
      .values({ user_id, token_hash: randomBytes(32), expires_at: inFuture("1 day") })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { email, send: (services) => signInMail(services, { sessionId }) };
  };
  const granted = async ({ grant, people }: House): Promise<Sent> => ({
    email: people.viewer!.email,
    send: (services) => grantMail(services, { grantId: grant.id }),
  });
  const letters = { granted, insertOffer, insertAnswer, insertInvited, insertNews };

  describe.each(Object.entries(letters))("%s", (_, insert) => {
    it("to a mailbox that is not there is tried once, and never again", async () => {
      const { email, send } = await insert(await insertPeople(web.db));
      let asked = 0;
      const server = await startRefusing(() => (asked++, { code: 550, words: "5.1.1 No such user" }));
      await send(server.services);
      expect(await isGone(email)).toBe(true);
      expect(asked).toBe(1);
      await server.close();
    });

    it("that is refused for good by another word ends its job, with its person still reachable", async () => {
      const { email, send } = await insert(await insertPeople(web.db));
      const server = await startRefusing(() => ({ code: 550, words: "5.7.1 Blocked" }));
      await send(server.services);
      expect(await isGone(email)).toBe(false);
      await server.close();
    });

    it("that is put off is its job's to try again", async () => {
      const { email, send } = await insert(await insertPeople(web.db));
      let busy = true;
      const server = await startRefusing(() => (busy ? { code: 450, words: "4.2.0 Try later" } : undefined));
      await expect(send(server.services)).rejects.toMatchObject({ retryable: true });
      busy = false;
      await send(server.services);
      await send(server.services);
      expect(server.taken).toEqual([email]);
      await server.close();
    });
  });

  it("of access granted that came back stands in the creator's list, and no other follows", async () => {
    const { people, pass, grant } = await insertPeople(web.db);
    const server = await startRefusing(() => ({ code: 550, words: "5.1.1 No such user" }));
    await grantMail(server.services, { grantId: grant.id });
    await server.close();
    const cookie = await cookieOf(people.owner);
    const list = await visit(`/account/passes/${pass.id}`, cookie);
    expect(list.words).toContain("Mail to this address comes back");
    const before = web.letters.length;
    await grantMail(web.services, { grantId: grant.id });
    expect(web.letters).toHaveLength(before);
  });

  it("of an invitation that came back stands in the team's list, and no other follows", async () => {
    const house = await insertPeople(web.db);
    const { email, send } = await insertInvited(house);
    const path = `/account/members?space=${house.space.slug}`;
    const cookie = await cookieOf(house.people.owner);
    expect((await visit(path, cookie)).words).toContain("on its way, good until");
    const server = await startRefusing(() => ({ code: 550, words: "5.1.1 No such user" }));
    await send(server.services);
    await server.close();
    const { words } = await visit(`${path}&invited=${encodeURIComponent(email)}`, cookie);
    expect(words).toContain("comes back: this mailbox does not exist");
    expect(words).not.toContain("on its way");
    const before = web.letters.length;
    await send(web.services);
    expect(web.letters).toHaveLength(before);
  });
});

it.each([
  ["ada@münchen.example", "ada@xn--mnchen-3ya.example"],
  ["Ada@BÜCHER.example", "ada@xn--bcher-kva.example"],
  ["ada@例え.jp", "ada@xn--r8jz45g.jp"],
])("%s is written to at the name that the net has for its domain", (typed, address) => {
  expect(emailAddress.parse(typed)).toBe(address);
});

it.each([
  "Ada <ada@example.com>",
  "ada@example.com (Ada)",
  '"Ada" ada@example.com',
  "ada@bücher",
  "ada@b ücher.example",
])("%j is no address", (typed) => {
  expect(emailAddress.safeParse(typed).success).toBe(false);
});

it("ten addresses in one field are none", () => {
  const ten = Array.from({ length: 10 }, (_, index) => `a${index}@example.com`).join(", ");
  expect(emailAddress.safeParse(ten).success).toBe(false);
});
