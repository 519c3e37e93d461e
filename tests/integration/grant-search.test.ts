import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GrantCursor } from "#app/domain/grants/in-order.ts";
import { listSpaceGrants } from "#app/domain/grants/of-space.ts";
import { countGrants, findGrants } from "#app/domain/grants/search.ts";
import { type GrantState, grantStates } from "#app/domain/grants/search-fields.ts";
import { sourceWords } from "#app/domain/grants/words.ts";
import type { AccessGrantSource } from "#db/types.ts";
import { ago, inFuture, insertGrant, insertPass, insertSpace, insertUser, unique } from "#tests/factories.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit } = browse(() => web);

async function insertHouse() {
  const owner = await insertUser(web.db);
  const space = await insertSpace(web.db, { ownerId: owner.id });
  const pass = await insertPass(web.db, { spaceId: space.id, experienceIds: [] });
  return { owner, space, pass, of: { spaceId: space.id, passId: pass.id } };
}

type Person = { name?: string; email?: string };
type Held = Omit<Parameters<typeof insertGrant>[1], "passId" | "userId"> & { source?: AccessGrantSource };

async function hold(
  passId: string,
  { name = "", email = `${unique("p")}@example.com` }: Person,
  held: Held = {},
) {
  const { id } = await web.db
    .insertInto("users")
    .values({ name, email })
    .returning("id")
    .executeTakeFirstOrThrow();
  const { source, ...rest } = held;
  const grant = await insertGrant(web.db, { passId, userId: id, ...rest });
  if (source) await web.db.updateTable("access_grants").set({ source }).where("id", "=", grant.id).execute();
  return grant.id;
}

type Scope = { spaceId: string; passId?: string };
type Asked = { search?: string; state?: GrantState; source?: AccessGrantSource };

/** All pages of a list, by their cursors. */
async function allOf(scope: Scope, asked: Asked = {}, most = 3): Promise<string[]> {
  const ids: string[] = [];
  let after: GrantCursor | undefined;
  do {
    const page = await findGrants(web.db, { ...scope, ...asked, after, most });
    expect(page.grants.length).toBeLessThanOrEqual(most);
    ids.push(...page.grants.map(({ id }) => id));
    after = page.next;
  } while (after);
  return ids;
}

const emailsOf = async (scope: Scope, asked: Asked) =>
  (await findGrants(web.db, { ...scope, ...asked, most: 50 })).grants.map(({ email }) => email);

describe("a list of grants", () => {
  it("has each once, the newest first, on pages of any size, of a pass and of all passes of a space", async () => {
    const { space, pass, of } = await insertHouse();
    const other = await insertPass(web.db, { spaceId: space.id, experienceIds: [] });
    const theirs = await insertHouse();
    const [here, there] = [[] as string[], [] as string[]];
    for (let number = 0; number < 7; number += 1) {
      here.unshift(await hold(pass.id, {}));
      there.unshift(await hold(other.id, {}));
      await hold(theirs.pass.id, {});
    }
    for (const most of [1, 3, 7, 50]) expect(await allOf(of, {}, most)).toEqual(here);
    const both = [...here, ...there].sort().reverse();
    for (const most of [1, 5, 14]) expect(await allOf({ spaceId: space.id }, {}, most)).toEqual(both);
    expect(await allOf({ spaceId: theirs.space.id, passId: pass.id })).toEqual([]);
  });

  it("is the same where the newest are all of one pass, or of several, for pages, searches and the API", async () => {
    const { space, pass } = await insertHouse();
    const passes = [pass];
    while (passes.length < 4) passes.push(await insertPass(web.db, { spaceId: space.id, experienceIds: [] }));
    const made: string[] = [];
    const [{ at }] = (await sql<{ at: Date }>`select now() + interval '2 days' as at`.execute(web.db))
      .rows as [{ at: Date }];
    const instant = sql<Date>`${at}::timestamptz`;
    const add = async (passId: string) => made.push(await hold(passId, {}, { endsAt: instant }));
    for (const { id } of passes.slice(0, 2)) for (let number = 0; number < 14; number += 1) await add(id);
    for (let number = 0; number < 8; number += 1) for (const { id } of passes) await add(id);
    for (let number = 0; number < 14; number += 1) await add(pass.id);
    const scope = { spaceId: space.id };
    for (const most of [10, 20]) {
      const newest = [...made].sort().reverse();
      for (const asked of [{}, { state: "active" as const }, { search: "example" }])
        expect(await allOf(scope, asked, most)).toEqual(newest);
      expect(await allOf(scope, { state: "ends_soon" }, most)).toEqual([...made].sort());
      for (const status of [undefined, "active" as const]) {
        const told: string[] = [];
        for (
          let page;
          (page = await listSpaceGrants(web.db, { ...scope, status, before: told.at(-1), most })).length;
        )
          told.push(...page.map(({ id }) => id));
        expect(told).toEqual(newest);
      }
    }
  });

  it("of what ends soon has what ends next first, and loses none of those that end at the same instant", async () => {
    const { pass, of } = await insertHouse();
    const [{ at }] = (
      await sql<{ at: string }>`select (now() + interval '2 days')::text as at`.execute(web.db)
    ).rows as [{ at: string }];
    const same: string[] = [];
    const instant = sql<Date>`${at}::timestamptz`;
    for (let number = 0; number < 7; number += 1) same.push(await hold(pass.id, {}, { endsAt: instant }));
    const first = await hold(pass.id, {}, { endsAt: inFuture("1 day") });
    // Later by less than a browser's clock can tell.
    const last = await hold(
      pass.id,
      {},
      { endsAt: sql<Date>`${at}::timestamptz + interval '1 microsecond'` },
    );
    await hold(pass.id, {}, { endsAt: inFuture("8 days") });
    await hold(pass.id, {}, { endsAt: ago("1 minute") });
    await hold(pass.id, {});
    const wanted = [first, ...same.sort(), last];
    for (const most of [1, 2, 3, 50]) {
      expect(await allOf(of, { state: "ends_soon" }, most)).toEqual(wanted);
      expect(await allOf(of, { state: "ends_soon", search: "example.com" }, most)).toEqual(wanted);
    }
  });

  it("is narrowed to a state and a way, marked by a worker or not, and counted", async () => {
    const { pass, of } = await insertHouse();
    const ways = (Object.keys(sourceWords) as AccessGrantSource[]).filter((way) => way !== "link");
    const made: { id: string; source: AccessGrantSource; states: GrantState[] }[] = [];
    for (const source of ways) {
      const add = async (states: GrantState[], held: Held) =>
        made.push({ id: await hold(pass.id, {}, { ...held, source }), source, states });
      await add(["active"], {});
      await add(["active"], { endsAt: inFuture("30 days") });
      await add(["active", "ends_soon"], { endsAt: inFuture("3 days") });
      await add(["ended"], { endsAt: ago("1 hour") });
      await add(["ended"], { endsAt: ago("1 hour"), status: "expired" });
      await add(["cancelled"], { status: "cancelled" });
      await add(["refunded"], { status: "refunded" });
    }
    for (const state of [undefined, ...grantStates])
      for (const source of [undefined, ...ways]) {
        const wanted = made.filter((one) => !state || one.states.includes(state));
        const ids = wanted.filter((one) => !source || one.source === source).map(({ id }) => id);
        for (const scope of [of, { spaceId: of.spaceId }]) {
          expect((await allOf(scope, { state, source })).sort()).toEqual(ids.sort());
          expect((await allOf(scope, { state, source, search: "example" })).sort()).toEqual(ids.sort());
          expect(await countGrants(web.db, { ...scope, state, source })).toBe(ids.length);
        }
      }
  });

  it("is counted to a thousand, and no further", async () => {
    const { pass, of } = await insertHouse();
    await sql`insert into users (email) select ${unique("crowd")} || n || '@example.com' from generate_series(1, 1200) n`.execute(
      web.db,
    );
    await sql`
      insert into access_grants (access_pass_id, user_id, source)
      select ${pass.id}::uuid, id, 'given' from users where email like 'crowd%'
    `.execute(web.db);
    expect(await countGrants(web.db, of)).toBe(1001);
  });
});

describe("a search for people", () => {
  it("finds parts of names and addresses in any case and writing, and signs as they stand", async () => {
    const { pass, of, space } = await insertHouse();
    const people: Person[] = [
      { email: "ada.lovelace@example.org", name: "Ada Lovelace" },
      { email: "grace@navy.example", name: "Grace Hopper" },
      { email: "sale@example.org", name: "100% off_season \\ sale" },
      { email: "zoe@example.org", name: "Zoë Żółć" },
      { email: "yuki@example.org", name: "ゆき 雪" },
      { email: "party@example.org", name: "🎭🎪" },
    ];
    for (const person of people) await hold(pass.id, person);
    const cases: [string, string[]][] = [
      ["LOVE", ["ada.lovelace@example.org"]],
      ["ada.lovelace@example.org", ["ada.lovelace@example.org"]],
      ["navy", ["grace@navy.example"]],
      ["ce ho", ["grace@navy.example"]],
      ["op", ["grace@navy.example"]],
      ["0%", ["sale@example.org"]],
      ["5%", []],
      ["100%", ["sale@example.org"]],
      ["off_s", ["sale@example.org"]],
      ["offxs", []],
      ["_", ["sale@example.org"]],
      ["f%s", []],
      ["\\", ["sale@example.org"]],
      ["żół", ["zoe@example.org"]],
      ["zoë".normalize("NFC"), ["zoe@example.org"]],
      ["雪", ["yuki@example.org"]],
      ["🎭", ["party@example.org"]],
      ["' or true --", []],
    ];
    for (const [search, wanted] of cases)
      for (const scope of [of, { spaceId: space.id }])
        expect([search, await emailsOf(scope, { search })]).toEqual([search, wanted]);
  });

  it("finds who has a rare name among thousands, and who has a common one page by page", async () => {
    const { pass, of } = await insertHouse();
    const rare = await hold(pass.id, { name: "Wilhelmina Rare", email: `${unique("rare")}@example.com` });
    const mark = unique("thousands");
    await sql`
      insert into users (email, name) select ${mark} || '-' || n || '@example.com', 'Common Name ' || n
      from generate_series(1, 12000) n
    `.execute(web.db);
    await sql`
      insert into access_grants (access_pass_id, user_id, source)
      select ${pass.id}::uuid, id, 'given' from users where email like ${`${mark}-%`}
    `.execute(web.db);
    expect(await allOf(of, { search: "Wilhelmina" })).toEqual([rare]);
    expect(await allOf(of, { search: "nobody of this name" })).toEqual([]);
    const common = await findGrants(web.db, { ...of, search: "common", most: 50 });
    expect(common.grants).toHaveLength(50);
    expect(common.lookedThrough).toBeUndefined();
    // More than can be looked up, and none near: it goes on from where it stopped, and comes to the end.
    await web.db
      .updateTable("users")
      .set({ name: sql<string>`'Uncommon ' || substring(email from ${mark.length + 2}::int for 1)` })
      .where("email", "like", `${mark}-%`)
      .execute();
    const other = await insertHouse();
    await hold(other.pass.id, { name: "Elsewhere Uncommon" });
    await web.db
      .updateTable("users")
      .set({ name: "Plain" })
      .where("id", "in", (holders) =>
        holders
          .selectFrom("access_grants")
          .select("user_id")
          .where("access_pass_id", "=", pass.id)
          .orderBy("id", "desc")
          .limit(6000),
      )
      .execute();
    const far = await findGrants(web.db, { ...of, search: "uncommon", most: 50 });
    expect([far.grants.length, far.lookedThrough]).toEqual([0, 5000]);
    expect((await allOf(of, { search: "uncommon" }, 1000)).length).toBe(6000);
    expect(await emailsOf(other.of, { search: "uncommon" })).toHaveLength(1);
  });
});

describe("the pages that list grants", () => {
  it("keep what was asked for in the fields and the links, and offer to clear it", async () => {
    const { owner, pass } = await insertHouse();
    const cookie = await cookieOf(owner);
    for (let number = 0; number < 60; number += 1)
      await hold(pass.id, { name: number % 30 === 0 ? "Mara <b>Lind</b>" : "" });
    for (const path of [`/account/passes/${pass.id}`, "/account/passes/grants"]) {
      const first = await visit(path, cookie);
      expect(first.words).toContain("60 in all");
      const next = /href="([^"]*after=[^"]*)"/.exec(first.html)![1]!.replaceAll("&amp;", "&");
      const second = await visit(
        new URL(next, `http://x${path}`).pathname + new URL(next, `http://x${path}`).search,
        cookie,
      );
      expect(second.html.match(/\/grants\/[\w-]{36}"/g)).toHaveLength(10);
      expect(second.words).toContain("First page");
      const found = await visit(`${path}?q=mara+%3Cb&state=active&source=given`, cookie);
      expect(found.html).toContain('value="mara &lt;b"');
      expect(found.html).toMatch(/<option value="active" selected=""/);
      expect(found.html).toContain("<bdi>Mara &lt;b&gt;Lind&lt;/b&gt;</bdi>");
      expect(found.words).toContain("2 in all");
      const nobody = await visit(`${path}?q=nobody&state=refunded`, cookie);
      expect(nobody.words).toContain("Nobody fits what you look for.");
      expect(nobody.words).toContain("Show everybody");
    }
  });

  it("say in a sentence what they cannot look for, with it still there, and list nothing", async () => {
    const { owner, pass } = await insertHouse();
    const cookie = await cookieOf(owner);
    await hold(pass.id, {});
    for (const path of [`/account/passes/${pass.id}`, "/account/passes/grants"]) {
      const long = "a".repeat(101);
      const tooLong = await visit(`${path}?q=${long}`, cookie);
      expect(tooLong.status).toBe(400);
      expect(tooLong.words).toContain(
        "What you look for is too long: at most 100 characters, and this has 101.",
      );
      expect(tooLong.html).toContain(`value="${long}"`);
      expect(tooLong.html).not.toMatch(/\/grants\/[\w-]{36}"/);
      const control = await visit(`${path}?q=a%07b`, cookie);
      expect([control.status, control.words]).toEqual([400, expect.stringContaining("cannot be shown")]);
      for (const query of ["state=all", "source=luck", "state=active&state=ended"]) {
        const unknown = await visit(`${path}?${query}`, cookie);
        expect([query, unknown.status]).toEqual([query, 400]);
      }
      for (const after of ["x", "01a00000-0000-7000-8000-000000000000_yesterday", "_", "%00"]) {
        const { status } = await visit(`${path}?after=${after}`, cookie);
        expect([after, status]).toEqual([after, after === "%00" ? 404 : 200]);
      }
    }
  });
});
