import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAccess } from "#app/domain/access/decision.ts";
import { claimPass } from "#app/domain/grants/claims.ts";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { cancelGrant } from "#app/domain/grants/grants.ts";
import { closeWhatIsOver } from "#app/domain/passes/closing.ts";
import { listOwnRequests, listRequests } from "#app/domain/passes/request-lists.ts";
import { approveRequest, askForPass, declineRequest, withdrawRequest } from "#app/domain/passes/requests.ts";
import { ago, ban, inFuture, insertGrant, insertPass, insertPeople, insertUser } from "#tests/factories.ts";
import { passRequestMail } from "#worker/handlers/pass-request-mail.ts";
import { everything } from "./everything.ts";
import { hear as hearAt } from "./notices.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const hear = (change: () => Promise<unknown>) => hearAt(test.services.config.databaseUrl, change);

/** A pass that costs something, with so many seats. */
async function insertHouse({ stock = null as number | null } = {}) {
  const house = await insertPeople(test.db);
  const pass = await insertPass(test.db, { spaceId: house.space.id, experienceIds: [house.experience.id] });
  await setPass(pass.id, { price_minor: 2500, stock });
  return { ...house, pass, by: { spaceId: house.space.id, passId: pass.id, actorId: house.people.owner.id } };
}

const setPass = (passId: string, values: Record<string, unknown>) =>
  test.db.updateTable("access_passes").set(values).where("id", "=", passId).execute();
const ask = (passId: string, userId: string, words = "") => askForPass(test.db, { passId, userId, words });
const approve = (by: Parameters<typeof approveRequest>[2]) =>
  approveRequest(test.db, test.services.queue, by);
const decline = (by: Parameters<typeof declineRequest>[2]) =>
  declineRequest(test.db, test.services.queue, by);

const requestsOf = (passId: string) =>
  test.db
    .selectFrom("access_pass_requests")
    .select(["id", "user_id", "status", "access_grant_id"])
    .where("access_pass_id", "=", passId)
    .orderBy("id")
    .execute();

async function insertRequest(house: Awaited<ReturnType<typeof insertHouse>>, words = "") {
  const person = await insertUser(test.db);
  expect(await ask(house.pass.id, person.id, words)).toEqual({ ok: true });
  const request = (await requestsOf(house.pass.id)).find(({ user_id }) => user_id === person.id)!;
  return { person, act: { ...house.by, requestId: request.id } };
}

async function expectUnchanged<Answer>(answer: () => Promise<Answer>, expected: Answer) {
  const before = await everything(test.db);
  expect(await answer()).toEqual(expected);
  expect(await everything(test.db)).toBe(before);
}

async function letterTo(email: string) {
  const sent = test.letters.filter(({ to }) => to.includes(email));
  expect(sent).toHaveLength(1);
  // Quoted-printable breaks its lines with "=".
  return sent[0]!.raw.replaceAll("=\r\n", "").replaceAll("\r\n", "\n");
}

const mailJobs = async (requestId: string) =>
  (
    await sql`select 1 from pgboss.job where name = 'pass.request-mail' and data ->> 'requestId' = ${requestId}`.execute(
      test.db,
    )
  ).rows.length;

describe("asking for a pass", () => {
  it("is one open request a person and pass, from however many tabs, with the price of then", async () => {
    const { pass, space } = await insertHouse();
    const person = await insertUser(test.db);
    const many = await Promise.all(Array.from({ length: 6 }, () => ask(pass.id, person.id, "Please")));
    expect(many.filter(({ ok }) => ok).length).toBeGreaterThan(0);
    await setPass(pass.id, { price_minor: 9900 });
    const { requests, total } = await listRequests(test.db, {
      spaceId: space.id,
      passId: pass.id,
      answered: false,
      limit: 10,
    });
    expect(total).toBe(1);
    expect(requests).toMatchObject([
      { email: person.email, words: "Please", priceMinor: 2500, currency: "EUR", status: "asked" },
    ]);
    expect(await listOwnRequests(test.db, person.id)).toMatchObject([{ status: "asked", priceMinor: 2500 }]);
  });

  it("can be taken back, and begun again, five times a day", async () => {
    const { pass } = await insertHouse();
    const person = await insertUser(test.db);
    const withdraw = () => withdrawRequest(test.db, { passId: pass.id, userId: person.id });
    for (let times = 0; times < 5; times++) {
      expect(await ask(pass.id, person.id)).toEqual({ ok: true });
      expect([await withdraw(), await withdraw()]).toEqual([true, false]);
    }
    expect(await ask(pass.id, person.id)).toEqual({ ok: false, reason: "too_often" });
    expect((await requestsOf(pass.id)).map(({ status }) => status)).toEqual(Array(5).fill("withdrawn"));
    expect(await listOwnRequests(test.db, person.id)).toEqual([]);
  });

  it("is refused where nobody could say yes, and to who holds it", async () => {
    const { pass, space, people } = await insertHouse();
    const refused = async (userId: string, reason: string) => {
      expect(await ask(pass.id, userId)).toEqual({ ok: false, reason });
      expect(await requestsOf(pass.id)).toEqual([]);
    };
    const { id } = people.stranger;
    await insertGrant(test.db, { passId: pass.id, userId: people.host.id });
    await refused(people.host.id, "held");
    await ban(test.db, { spaceId: space.id, userId: people.viewer.id, by: people.owner.id });
    await refused(people.viewer.id, "banned");
    for (const [reason, values] of [
      ["off_sale", { on_sale: false }],
      ["not_yet", { on_sale: true, sale_starts_at: inFuture("1 hour") }],
      ["sale_over", { sale_starts_at: null, sale_ends_at: ago("1 second") }],
      ["free", { sale_ends_at: null, price_minor: 0 }],
      ["over", { price_minor: 100, term: "until", term_until: ago("1 second") }],
      ["retired", { retired_at: sql`now()` }],
    ] as const) {
      await setPass(pass.id, values);
      await refused(id, reason);
    }
  });

  it("is open to who had it taken back: the creator decides", async () => {
    const { pass } = await insertHouse();
    const person = await insertUser(test.db);
    await insertGrant(test.db, { passId: pass.id, userId: person.id, status: "refunded" });
    expect(await ask(pass.id, person.id)).toEqual({ ok: true });
    expect(await claimPass(test.db, test.services.queue, { passId: pass.id, userId: person.id })).toEqual({
      ok: false,
      reason: "taken_back",
    });
  });
});

describe("a yes", () => {
  it("makes one grant and one letter, also of two owners at once", async () => {
    const house = await insertHouse();
    const { services, db } = test;
    const { person, act } = await insertRequest(house);
    const answers: unknown[] = [];
    const heard = await hear(async () => answers.push(...(await Promise.all([approve(act), approve(act)]))));
    expect(answers).toContainEqual({ ok: true, grantId: expect.any(String) });
    expect(answers).toContainEqual({ ok: false, reason: "decided" });
    expect(heard).toEqual([{ kind: "person", userId: person.id }]);
    expect(await findAccess(db, { userId: person.id, streamId: house.stream.id })).toMatchObject({
      mayWatch: true,
    });
    const grants = await db
      .selectFrom("access_grants")
      .select(["id", "source", "granted_by"])
      .where("user_id", "=", person.id)
      .execute();
    expect(grants).toMatchObject([{ source: "request", granted_by: house.people.owner.id }]);
    expect(await requestsOf(house.pass.id)).toMatchObject([
      { status: "approved", access_grant_id: grants[0]!.id },
    ]);
    expect(await mailJobs(act.requestId)).toBe(1);
    await passRequestMail(services, act);
    await passRequestMail(services, act);
    const letter = await letterTo(person.email);
    expect(letter).toContain(`Subject: Yes from ${house.space.name}: you hold ${house.pass.name}`);
    expect(letter).toContain(`- ${house.experience.name}`);
    expect(letter).toContain("It has no end.");
  });

  it("is refused clearly when no seat is free, and 5 seats are given to 5 of 12 at the same instant", async () => {
    const house = await insertHouse({ stock: 5 });
    const asked = [];
    for (let number = 0; number < 12; number++) asked.push(await insertRequest(house));
    const answers = await Promise.all(asked.map(({ act }) => approve(act)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(5);
    expect(answers.filter(({ ok }) => !ok)).toEqual(Array(7).fill({ ok: false, reason: "no_seat" }));
    const statuses = (await requestsOf(house.pass.id)).map(({ status }) => status);
    expect(statuses.filter((status) => status === "asked")).toHaveLength(7);
    const late = asked[answers.findIndex(({ ok }) => !ok)]!;
    await expectUnchanged(() => approve(late.act), { ok: false, reason: "no_seat" });
  });

  it("is refused for who is banned, a pass that is over or retired, and requests of others", async () => {
    const [house, other] = [await insertHouse(), await insertHouse()];
    const { person, act } = await insertRequest(house);
    await expectUnchanged(() => approve({ ...act, spaceId: other.space.id }), { ok: false, reason: "gone" });
    await expectUnchanged(() => approve({ ...other.by, requestId: act.requestId }), {
      ok: false,
      reason: "gone",
    });
    await expectUnchanged(() => decline({ ...act, spaceId: other.space.id, reason: "" }), false);
    await setPass(house.pass.id, { term: "until", term_until: ago("1 second") });
    await expectUnchanged(() => approve(act), { ok: false, reason: "over" });
    await setPass(house.pass.id, { term: "open", term_until: null });
    await ban(test.db, { spaceId: house.space.id, userId: person.id, by: house.people.owner.id });
    await expectUnchanged(() => approve(act), { ok: false, reason: "banned" });
    await setPass(house.pass.id, { retired_at: sql`now()` });
    await expectUnchanged(() => approve(act), { ok: false, reason: "retired" });
  });

  it("is still possible when the sale has ended or is switched off: they asked in time", async () => {
    const house = await insertHouse();
    const { act } = await insertRequest(house);
    await setPass(house.pass.id, { on_sale: false, sale_ends_at: ago("1 second") });
    expect(await approve(act)).toMatchObject({ ok: true });
  });

  it("is what a gift means, whose letter says it", async () => {
    const house = await insertHouse();
    const { person, act } = await insertRequest(house);
    const gift = { ...house.by, email: person.email, grantedBy: house.people.owner.id };
    expect(await giveGrant(test.db, test.services.queue, gift)).toMatchObject({ ok: true });
    expect(await requestsOf(house.pass.id)).toMatchObject([{ status: "approved" }]);
    expect(await mailJobs(act.requestId)).toBe(0);
    await expectUnchanged(() => approve(act), { ok: false, reason: "decided" });
  });

  it("writes nothing when the pass was taken back before the letter went", async () => {
    const house = await insertHouse();
    const { person, act } = await insertRequest(house);
    const approved = await approve(act);
    if (!approved.ok) throw new Error(approved.reason);
    await cancelGrant(test.db, test.services.queue, { ...house.by, grantId: approved.grantId });
    await passRequestMail(test.services, act);
    expect(test.letters.filter(({ to }) => to.includes(person.email))).toEqual([]);
  });
});

describe("a no", () => {
  it("is one letter with its reason, in words that cannot break it, told to open pages", async () => {
    const house = await insertHouse();
    const { person, act } = await insertRequest(house);
    const reason = "Sold to friends\r\nBcc: all@example.com";
    const no = () => decline({ ...act, reason });
    const heard = await hear(async () =>
      expect((await Promise.all([no(), no()])).sort()).toEqual([false, true]),
    );
    expect(heard).toEqual([{ kind: "person", userId: person.id }]);
    expect(await mailJobs(act.requestId)).toBe(1);
    await passRequestMail(test.services, act);
    await passRequestMail(test.services, act);
    const letter = await letterTo(person.email);
    expect(letter).toContain(`Subject: Not this time: your request for ${house.pass.name}`);
    expect(letter).toContain("What they say about it: Sold to friends Bcc: all@example.com");
    expect(letter).not.toMatch(/^Bcc:/m);
    expect(await listOwnRequests(test.db, person.id)).toMatchObject([{ status: "declined", reason }]);
    expect(await ask(house.pass.id, person.id)).toEqual({ ok: true });
  });

  it("is nothing after a yes, and a yes nothing after it", async () => {
    const house = await insertHouse();
    const { act } = await insertRequest(house);
    const both = await Promise.all([approve(act), decline({ ...act, reason: "" })]);
    const yes = both[0].ok;
    expect(both[1]).toBe(!yes);
    const grants = await test.db
      .selectFrom("access_grants")
      .select("id")
      .where("access_pass_id", "=", house.pass.id)
      .execute();
    expect(grants).toHaveLength(yes ? 1 : 0);
  });
});

it("requests for a pass that is retired are closed once, and whoever asked is written to", async () => {
  const house = await insertHouse();
  const { person, act } = await insertRequest(house);
  const close = () => closeWhatIsOver(test.db, test.services.queue);
  await setPass(house.pass.id, { retired_at: sql`now()` });
  expect((await Promise.all([close(), close()])).reduce((sum, many) => sum + many, 0)).toBeGreaterThan(0);
  expect(await requestsOf(house.pass.id)).toMatchObject([{ status: "closed" }]);
  expect(await mailJobs(act.requestId)).toBe(1);
  await passRequestMail(test.services, act);
  expect(await letterTo(person.email)).toContain(`Subject: No longer given: ${house.pass.name}`);
});
