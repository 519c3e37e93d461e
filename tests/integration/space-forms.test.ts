import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertPeople, insertSpace, insertUser, unique } from "#tests/factories.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

describe("from nothing to a pass that somebody holds", () => {
  it("takes a new person four forms, and the viewer one", async () => {
    const { db } = web;
    const creator = await insertUser(db);
    const cookie = await cookieOf(creator);
    const name = unique("Northlight");

    expect((await visit("/account/space", cookie)).location).toBe("/account/space/new");
    const started = await post("/account/space/new", cookie, { name, slug: "", description: "" });
    const slug = name.toLowerCase();
    expect([started.status, started.location]).toEqual([302, `/account/space?space=${slug}`]);

    const first = await visit(started.location!, cookie);
    expect(first.words).toContain("To your first stream");
    expect(first.words).toMatch(/Start a space Done\. .* Make an experience .* Make an experience/);
    const made = await post("/account/space/experiences/new", cookie, {
      name: "Monday critiques",
      description: "",
    });
    expect(made.location).toBe("/account/space");

    const form = await web.fetch("/account/passes/new", { cookie });
    const box = /<input [^>]*name="experiences"[^>]*>/.exec(await form.text())?.[0] ?? "no box";
    // The only experience is chosen already.
    expect(box).toContain('checked=""');
    const experience = /value="([0-9a-f-]{36})"/.exec(box)?.[1];
    const pass = await post("/account/passes/new", cookie, {
      name: "Season 2026",
      description: "",
      experiences: experience!,
      term: "until",
      days: "",
      untilDate: "2099-12-31",
      untilTime: "",
      timeZone: "Europe/Berlin",
      atExpiry: "finish",
    });
    expect([pass.status, pass.location]).toEqual([302, "/account/space"]);
    expect((await visit("/account/space", cookie)).words).toContain("Schedule a stream");

    const path = `/${slug}/passes/season-2026`;
    const page = await visit(path);
    expect(page.status).toBe(200);
    expect(page.words).toContain("Monday critiques");
    expect(page.words).toContain("Sign in to get it");

    const viewer = await insertUser(db);
    const signedOut = await post(path, undefined, {});
    expect(signedOut.location).toBe(`/sign-in?to=${encodeURIComponent(path)}`);
    const viewerCookie = await cookieOf(viewer);
    expect((await visit(path, viewerCookie)).words).toContain("Get it, free");
    const presses = await Promise.all([1, 2, 3].map(() => post(path, viewerCookie, {})));
    expect(presses.map(({ status, location }) => [status, location])).toEqual(Array(3).fill([303, path]));
    const held = await visit(path, viewerCookie);
    expect(held.words).toMatch(/You hold this until Thu 31 Dec 2099, 23:59 Europe\/Berlin/);
    const grants = await db
      .selectFrom("access_grants")
      .select("id")
      .where("user_id", "=", viewer.id)
      .execute();
    expect(grants).toHaveLength(1);

    expect((await visit("/account/grants", viewerCookie)).words).toContain("Season 2026");
    expect((await visit("/account/experiences", viewerCookie)).words).toContain("Monday critiques");
    expect((await visit(`/account/experiences/${experience}`, viewerCookie)).status).toBe(200);
    expect((await visit(`/${slug}/monday-critiques`, viewerCookie)).words).toContain(
      "You hold a pass for this",
    );
    expect((await visit(`/${slug}`)).words).toContain("Opens Monday critiques , live and as replay.");
  });
});

describe("a form that is not right", () => {
  it.each<[string, Record<string, string> | [string, string][], RegExp]>([
    ["without its fields", {}, /The name is missing\./],
    ["with a name of spaces", { name: "   " }, /The name is missing\./],
    ["with a name that only turns the direction", { name: "\u202e\u200f" }, /The name is missing\./],
    [
      "with a name of 10,000 characters",
      { name: "x".repeat(10_000) },
      /The name is too long: at most 80 characters/,
    ],
    ["with NUL in the name", { name: "a\0b" }, /The name has a character that cannot be shown/],
    [
      "with the name twice",
      [
        ["name", "one"],
        ["name", "two"],
      ],
      /sent twice/,
    ],
    ["with a word of ours", { name: "A", slug: "account" }, /Frontrow uses “account” itself/],
    [
      "with a word of ours in another spelling",
      { name: "A", slug: " /Sign-In " },
      /Frontrow uses “sign-in” itself/,
    ],
    ["with an address that is none", { name: "A", slug: "My Space!" }, /for example my-space\./],
    ["with dots in the address", { name: "A", slug: ".." }, /An address has small letters/],
    ["with a name that gives no address", { name: "日本語" }, /The name gives no address\. Type one/],
  ])("%s: 400, one sentence, nothing changed", async (_, form, said) => {
    const cookie = await cookieOf(await insertUser(web.db));
    const count = () =>
      web.db
        .selectFrom("spaces")
        .select(sql<number>`count(*)::int`.as("many"))
        .executeTakeFirst();
    const before = await count();
    const refused = await post("/account/space/new", cookie, form);
    expect(refused.status).toBe(400);
    expect(refused.words).toMatch(said);
    expect(await count()).toEqual(before);
  });

  it("keeps what was typed, and says which address is free", async () => {
    const { db } = web;
    const cookie = await cookieOf(await insertUser(db));
    const taken = await insertSpace(db, { ownerId: (await insertUser(db)).id });
    const form = { name: "<b>Mine</b>", slug: taken.slug, description: "Two\nlines" };
    const refused = await post("/account/space/new", cookie, form);
    expect(refused.status).toBe(400);
    expect(refused.words).toContain(`The address “${taken.slug}” is taken. “${taken.slug}-2” is free.`);
    expect(refused.html).toContain('value="&lt;b&gt;Mine&lt;/b&gt;"');
    expect(refused.html).toMatch(/Two\r?\nlines<\/textarea>/);
  });

  it("of a pass refuses foreign experiences, past ends and missing fields, and keeps what was typed", async () => {
    const { db } = web;
    const [mine, theirs] = [await insertPeople(db), await insertPeople(db)];
    const cookie = await cookieOf(mine.people.owner);
    const good = {
      name: "Pass",
      description: "",
      experiences: mine.experience.id,
      term: "open",
      days: "",
      untilDate: "",
      untilTime: "",
      timeZone: "",
      atExpiry: "cut",
    };
    const until = { term: "until", untilDate: "2020-01-01", timeZone: "Europe/Berlin" };
    const count = async () =>
      (await db.selectFrom("access_passes").select("id").where("space_id", "=", mine.space.id).execute())
        .length;
    const before = await count();
    for (const path of ["/account/passes/new", `/account/passes/${mine.pass.id}/edit`]) {
      const cases: [Record<string, string>, RegExp][] = [
        [{ ...good, experiences: theirs.experience.id }, /not an experience of this space any more/],
        [{ ...good, experiences: "nonsense" }, /This is not one of the choices/],
        [{ ...good, ...until }, /This moment is past/],
        [{ ...good, ...until, untilDate: "2099-02-30" }, /There is no such day/],
        [{ ...good, ...until, timeZone: "Mars" }, /We do not know this time zone/],
        [{ ...good, term: "days", days: "0" }, /from 1 to 3660/],
        [{}, /The name is missing/],
      ];
      for (const [form, said] of cases) {
        const refused = await post(path, cookie, form);
        expect([refused.status, refused.words]).toEqual([400, expect.stringMatching(said)]);
      }
    }
    const kept = await post("/account/passes/new", cookie, { ...good, ...until });
    expect(kept.html).toContain('value="2020-01-01"');
    const box = /<input [^>]*name="experiences"[^>]*>/.exec(kept.html)?.[0];
    expect(box).toContain(`value="${mine.experience.id}"`);
    expect(box).toContain('checked=""');
    expect(await count()).toBe(before);
    const unchanged = await db
      .selectFrom("access_passes")
      .select("name")
      .where("id", "=", mine.pass.id)
      .execute();
    expect(unchanged).toEqual([{ name: mine.pass.name }]);
  });

  it("is there again after signing in, when the session had ended", async () => {
    const { db } = web;
    const referer = `${web.url}/account/space/new`;
    const sent = await post("/account/space/new", undefined, { name: "Half typed", slug: "" }, { referer });
    expect(sent.status).toBe(303);
    const to = new URL(sent.location!, web.url).searchParams.get("to");
    expect(to).toMatch(/^\/account\/space\/new\?draft=/);
    const browser = sent.headers.get("set-cookie")?.split(";")[0];
    const cookie = `${await cookieOf(await insertUser(db))}; ${browser}`;
    const again = await visit(to!, cookie);
    expect(again.status).toBe(200);
    expect(again.html).toContain('value="Half typed"');
    expect(await db.selectFrom("spaces").select("id").where("name", "=", "Half typed").execute()).toEqual([]);
  });
});
