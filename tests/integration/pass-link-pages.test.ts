import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { budgetOf } from "#app/domain/people/limits.ts";
import { ago, inFuture, insertLink, insertPass, insertPeople, insertUser } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

async function insertHouse(values: Partial<Parameters<typeof insertLink>[1]> = {}) {
  const house = await insertPeople(web.db, { status: "scheduled" });
  const pass = await insertPass(web.db, { spaceId: house.space.id, experienceIds: [house.experience.id] });
  const secret = web.services.config.sessionSecrets[0]!;
  const link = await insertLink(web.db, {
    ...{ passId: pass.id, madeBy: house.people.owner.id, secret },
    ...values,
  });
  return { ...house, pass, link, cookie: await cookieOf(await insertUser(web.db)) };
}

async function expectUnchanged<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const before = await everything(web.db);
  const answer = await ask();
  expect(await everything(web.db)).toBe(before);
  return answer;
}

describe("the page of a pass's link", () => {
  it("says what it opens and until when, and leads who is not signed in there and back", async () => {
    const { pass, link, experience, space } = await insertHouse({ ends_at: inFuture("3 days") });
    const page = await expectUnchanged(() => visit(link.path));
    expect(page.status).toBe(200);
    for (const words of [pass.name, space.name, experience.name, "Without an end", "is good until"])
      expect(page.words).toContain(words);
    expect(page.html).toContain(`/sign-in?to=${encodeURIComponent(link.path)}`);
    const pressed = await expectUnchanged(() => post(link.path, undefined, {}));
    expect(pressed.location).toMatch(`/sign-in?to=${encodeURIComponent(link.path)}`);
  });

  it("is taken by a press alone, and a second press says that it is theirs", async () => {
    const { pass, link, space, cookie } = await insertHouse();
    expect((await expectUnchanged(() => visit(link.path, cookie))).words).toContain("Take your pass");
    const taken = await post(link.path, cookie, {});
    expect([taken.status, taken.location]).toEqual([303, `/${space.slug}/passes/${pass.slug}`]);
    const again = await expectUnchanged(() => post(link.path, cookie, {}));
    expect([again.status, again.location]).toEqual([303, link.path]);
    expect((await visit(link.path, cookie)).words).toContain("You have this pass already");
  });

  it.each<[string, Parameters<typeof insertHouse>[0]]>([
    ["This invitation has run out", { ends_at: ago("1 second") }],
    ["This invitation is used up", { most_uses: 1, uses: 1 }],
  ])("says “%s” and what to do, and gives nothing", async (says, values) => {
    const { link, cookie } = await insertHouse(values);
    for (const answer of [await visit(link.path), await visit(link.path, cookie)]) {
      expect(answer.words).toContain(says);
      expect(answer.words).toContain("Ask whoever invited you for a new link.");
      expect(answer.words).not.toContain("Take your pass");
    }
    const pressed = await expectUnchanged(() => post(link.path, cookie, {}));
    expect([pressed.status, pressed.words]).toEqual([410, expect.stringContaining(says)]);
  });

  it("knows no other codes, and ends a network's guesses after a while", async () => {
    const { link, cookie } = await insertHouse();
    const other = link.path.slice(0, -3) + (link.path.endsWith("AAA") ? "BBB" : "AAA");
    const guess = () => visit(other, cookie);
    const [first] = await Promise.all(
      Array.from({ length: budgetOf("invites.network").points }, () => guess()),
    );
    expect([first!.status, first!.words]).toEqual([404, expect.stringContaining("There is no such")]);
    const late = await guess();
    expect([late.status, late.words]).toEqual([429, expect.stringContaining("Try again in ")]);
    // Who has a link opens it all the same.
    expect((await visit(link.path, cookie)).status).toBe(200);
  });
});

describe("the creator's pages of a link", () => {
  it("keep what was typed beside what is wrong with it, and make nothing", async () => {
    const { pass, people } = await insertHouse();
    const owner = await cookieOf(people.owner);
    const path = `/account/passes/${pass.id}/links`;
    const form = {
      name: "Fans",
      uses: "-1",
      end: "date",
      date: "2020-02-30",
      time: "",
      timeZone: "Mars/Dome",
    };
    const answer = await expectUnchanged(() =>
      post(path, owner, { ...form, formKey: "01a00000-0000-4000-8000-000000000009" }),
    );
    expect(answer.status).toBe(400);
    expect(answer.html).toContain('value="Fans"');
    expect(answer.html).toContain('value="Mars/Dome"');
    expect(answer.words).toContain("Type a whole number from 1 to 1,000,000");
    expect(answer.words).toContain("We do not know this time zone");
    const past = { ...form, uses: "", date: "2020-02-28", timeZone: "Europe/Berlin" };
    const late = await expectUnchanged(() =>
      post(path, owner, { ...past, formKey: "01a00000-0000-4000-8000-000000000010" }),
    );
    expect([late.status, late.words]).toEqual([400, expect.stringContaining("This moment is past.")]);
  });

  it("show its address until it is revoked", async () => {
    const { pass, people, link } = await insertHouse();
    const owner = await cookieOf(people.owner);
    const path = `/account/passes/${pass.id}/links/${link.id}`;
    expect((await visit(path, owner)).html).toContain(`${web.url}${link.path}`);
    expect(await post(`${path}/revocation`, owner, {})).toMatchObject({ status: 303, location: path });
    expect((await visit(path, owner)).html).not.toContain(link.path);
    expect((await visit(`${path}/revocation`, owner)).status).toBe(410);
  });

  it.each([
    ["retired", { retired_at: ago("1 second") }, "Closed: the pass is retired"],
    [
      "past its last day",
      { term: "until" as const, term_until: ago("1 second") },
      "Closed: the pass is past its last day",
    ],
  ])("do not call a link open, nor show it, whose pass is %s", async (_, values, words) => {
    const { pass, people, link } = await insertHouse();
    const owner = await cookieOf(people.owner);
    const list = `/account/passes/${pass.id}/links`;
    expect((await visit(list, owner)).words).toContain("Newsletter Open 0");
    await web.db.updateTable("access_passes").set(values).where("id", "=", pass.id).execute();
    expect((await visit(list, owner)).words).toContain(`Newsletter ${words} 0`);
    const page = await visit(`${list}/${link.id}`, owner);
    expect(page.words).toContain(`State ${words} Taken`);
    expect(page.html).not.toContain(link.path);
    expect(page.words).not.toContain("Make another link");
    expect(page.words).toContain("Revoke the link");
    // One that was ended by itself says that.
    expect(await post(`${list}/${link.id}/revocation`, owner, {})).toMatchObject({ status: 303 });
    expect((await visit(list, owner)).words).toContain("Newsletter Revoked 0");
  });
});
