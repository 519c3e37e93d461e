import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ago, ban, insertGrant, insertPeople, insertUser, unique } from "#tests/factories.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

describe("public pages", () => {
  it("an old address of a space leads on, with all that stands behind it", async () => {
    const house = await insertPeople(web.db);
    const cookie = await cookieOf(house.people.owner);
    const slug = unique("moved");
    const moved = await post("/account/space", cookie, { name: "Moved", slug, description: "" });
    expect(moved.location).toBe("/account/space?saved");
    for (const rest of ["", `/${house.experience.slug}`, `/passes/${house.pass.slug}`]) {
      const { status, location } = await visit(`/${house.space.slug}${rest}?x=1`);
      expect([status, location]).toEqual([301, `/${slug}${rest}?x=1`]);
    }
    const stream = await visit(house.path);
    expect([stream.status, stream.location]).toEqual([301, house.path.replace(house.space.slug, slug)]);
  });

  it("show a person's page, and what they typed as text", async () => {
    const { db } = web;
    const user = await insertUser(db, { name: "Mara <i>" });
    const cookie = await cookieOf(user);
    const username = unique("mara");
    const bio = "I grade film.\n\nhttps://example.com/reel <script>alert(1)</script>";
    const saved = await post("/account/space/profile", cookie, { username: `@${username}`, bio });
    expect(saved.location).toBe("/account/space/profile?saved");
    const response = await web.fetch(`/@${username}`);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain("Mara &lt;i&gt;");
    expect(html).toContain('href="https://example.com/reel"');
    expect(html).not.toContain("<script>alert");
    const other = await cookieOf(await insertUser(db));
    const taken = await post("/account/space/profile", other, { username, bio: "" });
    expect([taken.status, taken.words]).toEqual([
      400,
      expect.stringContaining(`The user name “${username}” is taken`),
    ]);
    expect((await post("/account/space/profile", other, { username: "a b", bio: "" })).status).toBe(400);
  });

  it("lead from a pass back to the stream for which it was got, and to nowhere else", async () => {
    const house = await insertPeople(web.db);
    const passPath = `/${house.space.slug}/passes/${house.pass.slug}`;
    const get = (to: string) => `${passPath}?to=${encodeURIComponent(to)}`;
    const cookie = await cookieOf(house.people.stranger);
    expect((await visit(house.path, cookie)).html).toContain(`href="${get(house.path)}"`);
    const nobody = await visit(get(house.path));
    expect(nobody.html).toContain(`/sign-in?to=${encodeURIComponent(get(house.path))}`);
    expect((await post(get(house.path), cookie, {})).location).toBe(house.path);
    expect((await visit(get(house.path), cookie)).html).toContain(`href="${house.path}"`);
    for (const to of ["https://evil.example/a/streams/b", "//evil.example/streams/b", "/other/e/streams/s"])
      expect((await post(get(to), cookie, {})).location).toBe(passPath);
  });

  it("say on a pass's page how one stands to it", async () => {
    const { db } = web;
    const house = await insertPeople(db);
    const { pass, space, people } = house;
    const path = `/${space.slug}/passes/${pass.slug}`;
    const words = async (user: { id: string } | null) => (await visit(path, await cookieOf(user))).words;
    expect(await words(people.viewer)).toContain("You hold this without an end.");
    expect(await words(people.ended)).toMatch(/Yours has run out .*It ended/);
    expect(await words(people.ended)).toContain("Get it again");
    expect(await words(people.banned)).toContain("has shut you out");
    expect(await words(people.host)).toContain("You are on the team of this space");
    const refused = await post(path, await cookieOf(people.banned), {});
    expect(refused.status).toBe(303); // Who holds it and is shut out still holds it.
    const shut = await insertUser(db);
    await ban(db, { spaceId: space.id, userId: shut.id, by: people.owner.id });
    const claimed = await post(path, await cookieOf(shut), {});
    expect([claimed.status, claimed.words]).toEqual([
      409,
      expect.stringContaining("you cannot get its passes"),
    ]);
    const back = await insertUser(db);
    await insertGrant(db, {
      passId: pass.id,
      userId: back.id,
      status: "cancelled",
      endsAt: null,
      startsAt: ago("1 day"),
    });
    expect(await words(back)).toContain("Yours was taken back");
    expect((await post(path, await cookieOf(back), {})).status).toBe(409);
  });

  it("the front page is for nobody what Frontrow is, and for a viewer what is on", async () => {
    const house = await insertPeople(web.db, { status: "live" });
    expect((await visit("/")).words).toContain("A small theatre for your streams");
    const viewer = await visit("/", await cookieOf(house.people.viewer));
    expect(viewer.words).toMatch(/It is on .*Live now .*A stream .*Watch now/);
    const stranger = await visit("/", await cookieOf(house.people.stranger));
    expect(stranger.words).toContain("What your passes open stands here");
    const explore = await visit("/explore");
    expect(explore.words).toContain(house.space.name);
    const watch = await visit("/account/experiences", await cookieOf(house.people.viewer));
    expect(watch.words).toContain("Watch now");
    const over = await visit("/account/experiences", await cookieOf(house.people.ended));
    expect(over.words).toMatch(/Has run out .*An experience .*Ran out/);
  });
});
