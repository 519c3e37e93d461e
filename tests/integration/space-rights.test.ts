import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertPeople, unique } from "#tests/factories.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

describe("who may do what", () => {
  const people = [
    "nobody",
    "stranger",
    "ended",
    "banned",
    "viewer",
    "moderator",
    "host",
    "owner",
    "otherOwner",
  ] as const;
  type Who = (typeof people)[number];
  /** What each gets; `outside`: strangers, viewers and owners of other spaces. */
  type Expected = { outside: number; moderator: number; host: number; owner: number };
  const expectedOf = (who: Who, { outside, moderator, host, owner }: Expected) =>
    ({ nobody: 302, moderator, host, owner })[who as "nobody"] ?? outside;

  it("reads the pages of a team's things", async () => {
    const house = await insertPeople(web.db);
    const { pass, experience, grant } = house;
    const ownersOnly = { outside: 404, moderator: 403, host: 403, owner: 200 };
    const hosts = { outside: 404, moderator: 403, host: 200, owner: 200 };
    const pages: [string, Expected][] = [
      [`/account/passes/${pass.id}`, hosts],
      [`/account/passes/${pass.id}/edit`, ownersOnly],
      [`/account/passes/${pass.id}/retirement`, ownersOnly],
      [`/account/passes/${pass.id}/grants/${grant.id}`, hosts],
      [`/account/space/experiences/${experience.id}`, ownersOnly],
      [`/account/space/experiences/${experience.id}/retirement`, ownersOnly],
    ];
    for (const who of people) {
      const cookie = await cookieOf(house.people[who]);
      for (const [path, expected] of pages) {
        const { status, location } = await visit(path, cookie);
        expect([who, path, status]).toEqual([who, path, expectedOf(who, expected)]);
        if (who === "nobody") expect(location).toBe(`/sign-in?to=${encodeURIComponent(path)}`);
      }
    }
  });

  it("changes only what is theirs, and a refusal changes nothing (ASVS 8.3.1)", async () => {
    const { db } = web;
    const house = await insertPeople(db);
    const { pass, experience, grant, space } = house;
    const passFields = {
      name: "Changed",
      description: "",
      experiences: experience.id,
      term: "open",
      atExpiry: "cut",
    };
    const posts: [string, Record<string, string>][] = [
      [`/account/passes/${pass.id}`, { email: `${unique("given")}@example.com` }],
      [`/account/passes/${pass.id}/edit`, passFields],
      [`/account/passes/${pass.id}/retirement`, {}],
      [`/account/passes/${pass.id}/grants/${grant.id}/cancellation`, { reason: "A reason" }],
      [`/account/passes/${pass.id}/grants/${grant.id}/refund`, {}],
      [`/account/space/experiences/${experience.id}`, { name: "Changed", description: "" }],
      [`/account/space/experiences/${experience.id}/retirement`, {}],
      [`/account/space?space=${space.slug}`, { name: "Changed", slug: space.slug, description: "" }],
      [`/account/space/retirement?space=${space.slug}`, { address: space.slug }],
      [`/account/space/experiences/new?space=${space.slug}`, { name: "Mine now" }],
      [`/account/passes/new?space=${space.slug}`, passFields],
    ];
    const state = async () => {
      const { rows } = await sql`
        select
          (select json_agg(row(s.*)) from spaces s where s.id = ${space.id}) as space,
          (select json_agg(row(e.*)) from experiences e where e.space_id = ${space.id}) as experiences,
          (select json_agg(row(p.*)) from access_passes p where p.space_id = ${space.id}) as passes,
          (select json_agg(row(g.*) order by g.id) from access_grants g where g.access_pass_id = ${pass.id}) as grants
      `.execute(db);
      return rows;
    };
    const before = await state();
    for (const who of people.filter((one) => one !== "owner")) {
      const cookie = await cookieOf(house.people[who]);
      for (const [path, form] of posts) {
        const { status } = await post(path, cookie, form);
        const expected = expectedOf(who, { outside: 404, moderator: 403, host: 403, owner: 302 });
        // A post of nobody goes on to the sign-in page.
        expect([who, path, status]).toEqual([who, path, who === "nobody" ? 303 : expected]);
      }
    }
    expect(await state()).toEqual(before);
  });

  it("an owner does each of these", async () => {
    const { db } = web;
    const house = await insertPeople(db, { status: "scheduled" });
    const { pass, experience, grant, space, stream } = house;
    const cookie = await cookieOf(house.people.owner);
    const email = `${unique("given")}@example.com`;
    const given = await post(`/account/passes/${pass.id}`, cookie, { email });
    const toldPath = `/account/passes/${pass.id}?given=${encodeURIComponent(email)}`;
    expect(given.location).toBe(toldPath);
    expect((await post(`/account/passes/${pass.id}`, cookie, { email })).words).toContain(
      "holds the pass already",
    );
    expect((await visit(toldPath, cookie)).words).toContain(`${email} holds it now`);
    const forged = await visit(`/account/passes/${pass.id}?given=somebody@example.com`, cookie);
    expect(forged.words).not.toContain("holds it now");
    const grantPath = `/account/passes/${pass.id}/grants/${grant.id}`;
    for (const move of ["cancellation", "refund", "refund"])
      expect((await post(`${grantPath}/${move}`, cookie, { reason: "A reason" })).location).toBe(grantPath);
    expect((await visit(grantPath, cookie)).words).toContain("Refunded");
    expect((await post(`/account/passes/${pass.id}/retirement`, cookie, {})).status).toBe(302);
    expect((await post(`/account/passes/${pass.id}/retirement`, cookie, {})).status).toBe(302);
    expect((await post(`/account/passes/${pass.id}`, cookie, { email: "other@example.com" })).status).toBe(
      409,
    );
    expect((await visit(`/account/passes/${pass.id}/edit`, cookie)).status).toBe(410);
    expect((await visit(`/${space.slug}/passes/${pass.slug}`)).words).toContain(
      "This pass is no longer given",
    );
    await post(`/account/space/experiences/${experience.id}/retirement`, cookie, {});
    expect((await visit(`/${space.slug}/${experience.slug}`)).status).toBe(410);
    const wrong = await post("/account/space/retirement", cookie, { address: "something" });
    expect([wrong.status, wrong.words]).toEqual([
      400,
      expect.stringContaining("This is not the space's address"),
    ]);
    expect((await post("/account/space/retirement", cookie, { address: space.slug })).location).toBe(
      "/account",
    );
    expect((await visit(`/${space.slug}`)).status).toBe(410);
    const { status } = await db
      .selectFrom("streams")
      .select("status")
      .where("id", "=", stream.id)
      .executeTakeFirstOrThrow();
    expect(status).toBe("cancelled");
  });

  it("what is no id, and ids of others' things under one's own, are 404 (ASVS 8.2.2, 8.4.1)", async () => {
    const [mine, theirs] = [await insertPeople(web.db), await insertPeople(web.db)];
    const cookie = await cookieOf(mine.people.owner);
    const paths = [
      "/account/passes/not-an-id",
      "/account/passes/0195d3a0-0000-7000-8000-000000000001",
      `/account/passes/${theirs.pass.id}`,
      `/account/passes/${mine.pass.id}/grants/not-an-id`,
      `/account/passes/${mine.pass.id}/grants/${theirs.grant.id}`,
      `/account/passes/${theirs.pass.id}/grants/${theirs.grant.id}`,
      "/account/space/experiences/not-an-id",
      `/account/space/experiences/${theirs.experience.id}`,
      "/account/experiences/not-an-id",
      `/account/experiences/${theirs.experience.id}`,
      `/account/passes?space=${theirs.space.slug}`,
      "/nowhere-at-all",
      "/@nobody-at-all",
      `/${mine.space.slug}/nowhere`,
      `/${mine.space.slug}/passes/nowhere`,
      `/${mine.space.slug}/passes/${theirs.pass.slug}`,
      "/%00",
      "/%FF",
    ];
    for (const path of paths) {
      const { status } = await visit(path, cookie);
      expect([path, status]).toEqual([path, path === "/%FF" ? expect.toBeOneOf([400, 404]) : 404]);
    }
    const foreign = `/account/passes/${mine.pass.id}/grants/${theirs.grant.id}/cancellation`;
    expect((await post(foreign, cookie, { reason: "A reason" })).status).toBe(404);
  });
});
