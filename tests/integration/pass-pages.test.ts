import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ago,
  ban,
  inFuture,
  insertGrant,
  insertPass,
  insertPeople,
  insertUser,
  unique,
} from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

async function insertHouse(values: Record<string, unknown> = {}) {
  const house = await insertPeople(web.db, { status: "scheduled" });
  const pass = await insertPass(web.db, { spaceId: house.space.id, experienceIds: [house.experience.id] });
  await setPass(pass.id, { updated_at: sql`now()`, ...values });
  const someone = await insertUser(web.db);
  return {
    ...house,
    pass,
    someone,
    cookie: await cookieOf(someone),
    owner: await cookieOf(house.people.owner),
    path: `/${house.space.slug}/passes/${pass.slug}`,
    team: `/account/passes/${pass.id}`,
  };
}

const setPass = (passId: string, values: Record<string, unknown>) =>
  web.db.updateTable("access_passes").set(values).where("id", "=", passId).execute();

async function expectUnchanged<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const before = await everything(web.db);
  const answer = await ask();
  expect(await everything(web.db)).toBe(before);
  return answer;
}

const sentenceBeside = (html: string, field: string) =>
  new RegExp(`id="field-${field}-error"[^>]*>([\\s\\S]*?)</`).exec(html)?.[1];

describe("the page of a pass", () => {
  it("says to who comes too late why they did not get it, and lets them wait and leave", async () => {
    const { path, cookie, pass } = await insertHouse({ stock: 1 });
    await insertGrant(web.db, { passId: pass.id, userId: (await insertUser(web.db)).id });
    const late = await expectUnchanged(() => post(path, cookie, {}));
    expect(late.status).toBe(409);
    expect(late.words).toContain("You did not get one: all seats are taken, or kept for who waited.");
    expect(late.html).toContain(`action="${path}/wait"`);
    expect((await visit(path)).words).toContain("Sign in to wait for it");

    expect(await post(`${path}/wait`, cookie, {})).toMatchObject({ status: 303, location: path });
    expect((await visit(path, cookie)).words).toContain("You are 1st on the waiting list");
    expect((await visit("/account/grants", cookie)).words).toContain("You are 1st on the waiting list.");
    await post(`${path}/wait`, cookie, { _method: "delete" });
    expect((await visit(path, cookie)).words).toContain("All seats are taken");
  });

  it("keeps the stream that somebody came from through the waiting list and the request", async () => {
    const { path, cookie, path: pass, space, experience, stream } = await insertHouse({ stock: 0 });
    const to = encodeURIComponent(`/${space.slug}/${experience.slug}/streams/${stream.slug}`);
    const joined = await post(`${path}/wait?to=${to}`, cookie, {});
    expect(joined.location).toBe(`${pass}?to=${to}`);
    const elsewhere = await post(`${path}/wait?to=${encodeURIComponent("//evil.example/x")}`, cookie, {});
    expect(elsewhere.location).toBe(path);
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    [
      "switched off",
      { on_sale: false },
      "The space does not give this pass",
      "The space has switched it off",
    ],
    ["before its sale", { sale_starts_at: inFuture("2 days") }, "cannot be had yet", "People get it from"],
    ["after its sale", { sale_ends_at: ago("1 hour") }, "its sale has ended", "Its sale ended"],
    ["with a price", { price_minor: 1250 }, "Ask the space for it", "€12.50"],
    ["retired", { retired_at: sql`now()` }, "no longer given", "This pass is no longer given"],
  ])("%s gives it to nobody who asks its address, and says why", async (_, values, refusal, says) => {
    const { path, cookie } = await insertHouse(values);
    const answer = await expectUnchanged(() => post(path, cookie, {}));
    expect([answer.status, answer.words]).toEqual([409, expect.stringContaining(refusal)]);
    const page = await visit(path, cookie);
    expect(page.words).toContain(says);
    expect(page.html).not.toContain("Get it, free");
    expect((await expectUnchanged(() => post(`${path}/wait`, cookie, {}))).location).toBe(path);
  });

  it("gives no place in its list, and takes no request, from who is banned", async () => {
    for (const values of [{ stock: 0 }, { price_minor: 100 }]) {
      const { path, cookie, space, people, someone } = await insertHouse(values);
      await ban(web.db, { spaceId: space.id, userId: someone.id, by: people.owner.id });
      await expectUnchanged(() => post(`${path}/wait`, cookie, {}));
      await expectUnchanged(() => post(`${path}/request`, cookie, { words: "Please" }));
      expect((await visit(path, cookie)).words).toContain("has shut you out");
    }
  });

  it("tells in words that people wrote, whatever they wrote, why it was taken back", async () => {
    const { path, cookie, pass, someone, team, owner } = await insertHouse();
    const grant = await insertGrant(web.db, { passId: pass.id, userId: someone.id });
    const reason = "<b>“No\u202e more</b>";
    const taken = await post(`${team}/grants/${grant.id}/cancellation`, owner, { reason });
    expect(taken.status).toBe(302);
    const page = await visit(path, cookie);
    expect(page.html).toContain("<bdi>&lt;b&gt;“No\u202e more&lt;/b&gt;</bdi>");
    expect(page.words).toContain("Yours was taken back");
  });
});

describe("asking for a pass on its page", () => {
  it("refuses words without end beside their field, keeps them, and asks for nothing", async () => {
    const { path, cookie } = await insertHouse({ price_minor: 1250 });
    const words = "please ".repeat(200).trim();
    const answer = await expectUnchanged(() => post(`${path}/request`, cookie, { words }));
    expect(answer.status).toBe(400);
    expect(sentenceBeside(answer.html, "words")).toMatch(/too long: at most 500 characters/);
    expect(answer.html).toContain(`value="${words}"`);
    const control = await expectUnchanged(() => post(`${path}/request`, cookie, { words: "a\0b" }));
    expect(sentenceBeside(control.html, "words")).toMatch(/cannot be shown/);
  });

  it("shows the request with its answer to both sides, and can be taken back", async () => {
    const { path, cookie, team, owner, someone, pass } = await insertHouse({ price_minor: 1250 });
    expect((await visit(path)).words).toContain("Sign in to ask for it");
    expect((await visit(`${path}/request`, cookie)).words).toContain("€12.50");
    await post(`${path}/request`, cookie, { words: "I bring cake" });
    expect((await visit(path, cookie)).words).toContain("Your words: I bring cake");
    expect((await visit(`${path}/request`, cookie)).location).toBe(path);
    expect((await visit("/account/passes", owner)).words).toContain("1 asked for it");
    const list = await visit(`${team}/requests`, owner);
    expect(list.words).toContain("I bring cake");
    await post(`${path}/request`, cookie, { _method: "delete" });
    expect((await visit(path, cookie)).words).toContain("Ask for it");

    await post(`${path}/request`, cookie, { words: "" });
    const { id } = await web.db
      .selectFrom("access_pass_requests")
      .select("id")
      .where("user_id", "=", someone.id)
      .where("status", "=", "asked")
      .executeTakeFirstOrThrow();
    await setPass(pass.id, { stock: 0 });
    const refused = await expectUnchanged(() => post(`${team}/requests/${id}/approval`, owner, {}));
    expect([refused.status, refused.words]).toEqual([409, expect.stringContaining("No seat is free.")]);
    const declined = await post(`${team}/requests/${id}/refusal`, owner, { reason: "Full house" });
    expect(declined.location).toBe(`${team}/requests`);
    const page = await visit(path, cookie);
    expect(page.words).toContain("Your request was declined");
    expect(page.words).toContain("Full house");
    expect(page.words).toContain("Ask again");
    expect((await visit("/account/grants", cookie)).words).toContain("Full house");
    // A second press, by another owner, changes nothing and leads to the list.
    const again = await expectUnchanged(() => post(`${team}/requests/${id}/approval`, owner, {}));
    expect(again.location).toBe(`${team}/requests`);
  });

  it("of another space cannot be answered under a pass of one's own", async () => {
    const [mine, theirs] = [await insertHouse({ price_minor: 100 }), await insertHouse({ price_minor: 100 })];
    await post(`${theirs.path}/request`, theirs.cookie, { words: "" });
    const { id } = await web.db
      .selectFrom("access_pass_requests")
      .select("id")
      .where("access_pass_id", "=", theirs.pass.id)
      .executeTakeFirstOrThrow();
    const grant = await insertGrant(web.db, { passId: theirs.pass.id, userId: theirs.people.stranger.id });
    for (const [page, form] of [
      [`requests/${id}/approval`, {}],
      [`requests/${id}/refusal`, { reason: "no" }],
      [`grants/${grant.id}/end`, { end: "none" }],
      [`grants/${grant.id}/cancellation`, { reason: "no" }],
      [`grants/${grant.id}/refund`, {}],
      [`grants/${grant.id}/restoration`, {}],
    ] as const) {
      for (const team of [mine.team, theirs.team]) {
        const answer = await expectUnchanged(() => post(`${team}/${page}`, mine.owner, form));
        expect([page, answer.status]).toEqual([page, 404]);
      }
    }
  });
});

describe("the pages of a grant", () => {
  it("set another end, with what was typed kept where it is wrong", async () => {
    const { pass, someone, team, owner } = await insertHouse();
    const grant = await insertGrant(web.db, { passId: pass.id, userId: someone.id });
    const path = `${team}/grants/${grant.id}`;
    const typed = {
      end: "date",
      date: "2031-05-01",
      time: "20:00",
      timeZone: "Europe/Berlin",
      reason: "Longer",
    };
    for (const [wrong, field, said] of [
      [{ date: "2031-02-30" }, "date", /no such day/],
      [{ date: "" }, "date", /Choose the last day/],
      [{ date: "2020-01-01" }, "date", /is past/],
      [{ date: "9999-12-31" }, "date", /before the year 3000/],
      [{ time: "25:00" }, "date", /no such day or time/],
      [{ timeZone: "Mars/Base" }, "timeZone", /do not know this time zone/],
      [{ end: "never" }, "end", /Choose whether/],
      [{ reason: "x".repeat(501) }, "reason", /too long/],
    ] as const) {
      const answer = await expectUnchanged(() => post(`${path}/end`, owner, { ...typed, ...wrong }));
      expect([wrong, answer.status]).toEqual([wrong, 400]);
      expect(sentenceBeside(answer.html, field)).toMatch(said);
      if (field !== "reason") expect(answer.html).toContain('value="Longer"');
    }
    expect((await post(`${path}/end`, owner, typed)).location).toBe(path);
    const { ends_at } = await web.db
      .selectFrom("access_grants")
      .select("ends_at")
      .where("id", "=", grant.id)
      .executeTakeFirstOrThrow();
    expect(ends_at?.toISOString()).toBe("2031-05-01T18:00:00.000Z");
    const page = await visit(path, owner);
    expect(page.words).toContain("Shortened");
    expect(page.words).toContain("was without an end");
    const same = await expectUnchanged(() => post(`${path}/end`, owner, typed));
    expect(sentenceBeside(same.html, "date")).toMatch(/its end already/);
  });

  it("restore what was taken back, and ask for another end where that has passed", async () => {
    const { pass, someone, team, owner, people } = await insertHouse();
    const grant = await insertGrant(web.db, {
      passId: pass.id,
      userId: someone.id,
      status: "cancelled",
      endsAt: ago("1 hour"),
    });
    const path = `${team}/grants/${grant.id}`;
    expect((await visit(`${path}/end`, owner)).location).toBe(path);
    const page = await visit(`${path}/restoration`, owner);
    expect(page.words).toContain("Its end has passed");
    const none = await expectUnchanged(() => post(`${path}/restoration`, owner, {}));
    expect(none.status).toBe(400);
    expect(sentenceBeside(none.html, "end")).toMatch(/Choose whether/);
    expect((await post(`${path}/restoration`, owner, { end: "none" })).location).toBe(path);
    expect((await visit(path, owner)).words).toContain("Restored");
    const host = await visit(path, await cookieOf(people.host));
    expect(host.words).toContain("Restored");
    expect(host.html).not.toContain("/cancellation");
  });
});

it("the page of a pass tells its team when more hold it than there are seats", async () => {
  const { pass, team, owner, experience } = await insertHouse({ stock: 5 });
  for (let number = 0; number < 3; number++)
    await insertGrant(web.db, { passId: pass.id, userId: (await insertUser(web.db)).id });
  expect((await visit(team, owner)).words).toContain("2 of 5");
  const fields = { name: "A pass", experiences: experience.id, term: "open", atExpiry: "finish", stock: "1" };
  expect((await post(`${team}/edit`, owner, fields)).location).toBe(`${team}?saved`);
  const page = await visit(team, owner);
  expect(page.words).toContain("0 of 1");
  expect(page.words).toContain("2 more are held than there are.");
  const given = await expectUnchanged(() => post(team, owner, { email: "guest@example.com" }));
  expect([given.status, sentenceBeside(given.html, "email")]).toEqual([
    400,
    "No seat is free: all are held, or people wait for the next. Raise the number of seats first.",
  ]);
});

it("the pages of a pass that very many hold say so without counting all of them", async () => {
  const { pass, team, owner, space } = await insertHouse({ stock: null });
  await sql`
    with person as (
      insert into users (email) select ${unique("many")} || n || '@example.com' from generate_series(1, 10001) n
      returning id
    )
    insert into access_grants (access_pass_id, user_id, source) select ${pass.id}::uuid, id, 'given' from person
  `.execute(web.db);
  expect((await visit(team, owner)).words).toContain("More than 10,000");
  expect((await visit(`${team}/edit`, owner)).words).toContain("More than 10,000 people hold this pass");
  expect((await visit(`${team}/retirement`, owner)).words).toContain(
    "The more than 10,000 people who hold it",
  );
  expect((await visit(`/account/passes?space=${space.slug}`, owner)).words).toContain("10,000+");
});
