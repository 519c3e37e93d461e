import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { follow, listFollows, mostFollows } from "#app/domain/follows/follows.ts";
import { turnsOf } from "#app/http/turns.ts";
import { ago, insertExperience, insertPeople, insertSpace, insertUser } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);
const address = "/account/following";

async function setStage() {
  const house = await insertPeople(web.db, { status: "scheduled" });
  const { space, experience } = house;
  return {
    ...house,
    spacePath: `/${space.slug}`,
    experiencePath: `/${space.slug}/${experience.slug}`,
    ofSpace: { space: space.id, back: "page" },
    ofExperience: { space: space.id, experience: experience.id, back: "page" },
  };
}

const followsOf = (userId: string) => listFollows(web.db, { userId });

describe("following", () => {
  it("a space and one of its experiences by a press each, once however often, and ends by another", async () => {
    const { people, spacePath, experiencePath, ofSpace, ofExperience, space, experience } = await setStage();
    const cookie = await cookieOf(people.stranger);
    for (let press = 0; press < 2; press++) {
      expect(await post(address, cookie, ofExperience)).toMatchObject({
        status: 303,
        location: experiencePath,
      });
      expect(await post(address, cookie, ofSpace)).toMatchObject({ status: 303, location: spacePath });
    }
    expect(await followsOf(people.stranger.id)).toMatchObject([
      { experienceId: null, path: spacePath, spaceName: space.name },
      { experienceId: experience.id, path: experiencePath, experienceName: experience.name },
    ]);
    const list = await visit(address, cookie);
    expect(list.words).toContain("The whole space");
    for (const path of [spacePath, experiencePath])
      expect((await visit(path, cookie)).words).toContain("Stop following");
    const end = { ...ofSpace, back: "list", _method: "delete" };
    for (let press = 0; press < 2; press++)
      expect(await post(address, cookie, end)).toMatchObject({ status: 303, location: address });
    expect(await followsOf(people.stranger.id)).toMatchObject([{ path: experiencePath }]);
    await post(address, cookie, { ...ofExperience, _method: "delete" });
    expect((await visit(address, cookie)).words).toContain("You follow nothing yet.");
  });

  it("of the whole space stands on the pages of its experiences, too", async () => {
    const { people, experiencePath, ofSpace } = await setStage();
    const cookie = await cookieOf(people.viewer);
    await post(address, cookie, ofSpace);
    const { words } = await visit(experiencePath, cookie);
    expect(words).toContain("You follow its space, and so this.");
    expect(words).not.toContain("Stop following");
  });

  it("is for everybody but who is banned from the space, in words", async () => {
    const { people, ofSpace, ofExperience } = await setStage();
    for (const who of ["stranger", "ended", "viewer", "moderator", "host", "owner", "otherOwner"] as const)
      expect((await post(address, await cookieOf(people[who]), ofSpace)).status).toBe(303);
    const banned = await cookieOf(people.banned);
    for (const form of [ofSpace, ofExperience]) {
      const refused = await post(address, banned, form);
      expect([refused.status, refused.words]).toEqual([403, expect.stringContaining("shut you out")]);
    }
    expect(await followsOf(people.banned.id)).toEqual([]);
  });

  it("can be ended by who was banned since", async () => {
    const { people, ofSpace, space } = await setStage();
    const cookie = await cookieOf(people.stranger);
    await post(address, cookie, ofSpace);
    const ban = { space_id: space.id, user_id: people.stranger.id, banned_by: people.owner.id };
    await web.db.insertInto("space_bans").values(ban).execute();
    expect((await post(address, cookie, { ...ofSpace, _method: "delete" })).status).toBe(303);
    expect(await followsOf(people.stranger.id)).toEqual([]);
  });

  it("leads who is not signed in there and back, asks once more, and has changed nothing until then", async () => {
    const { people, experiencePath, ofExperience } = await setStage();
    const cookie = await cookieOf(people.stranger);
    const before = await everything(web.db);
    const pressed = await post(address, undefined, ofExperience);
    expect(pressed).toMatchObject({
      status: 303,
      location: `/sign-in?to=${encodeURIComponent(`${experiencePath}?follow`)}`,
    });
    expect((await visit(`${experiencePath}?follow`, cookie)).words).toContain(
      "Press once more, and you follow it.",
    );
    expect(await everything(web.db)).toBe(before);
  });

  it.each([
    ["no ids", {}, 400],
    ["what is no id", { space: "northlight" }, 400],
    ["a space that is not there", { space: "01a00000-0000-7000-8000-00000000000f" }, 404],
  ])("of %s is refused", async (_, form, status) => {
    const { people } = await setStage();
    expect((await post(address, await cookieOf(people.viewer), form)).status).toBe(status);
    expect(await followsOf(people.viewer.id)).toEqual([]);
  });

  it("of an experience of another space is 404, and of what was retired gone", async () => {
    const { people, space, experience, ofExperience } = await setStage();
    const other = await insertSpace(web.db, { ownerId: people.otherOwner.id });
    const cookie = await cookieOf(people.viewer);
    const mixed = { space: other.id, experience: experience.id };
    expect((await post(address, cookie, mixed)).status).toBe(404);
    await web.db
      .updateTable("experiences")
      .set({ retired_at: ago("1 second") })
      .where("id", "=", experience.id)
      .execute();
    expect((await post(address, cookie, ofExperience)).status).toBe(410);
    await web.db
      .updateTable("spaces")
      .set({ retired_at: ago("1 second") })
      .where("id", "=", space.id)
      .execute();
    expect((await post(address, cookie, { space: space.id })).status).toBe(410);
    expect(await followsOf(people.viewer.id)).toEqual([]);
  });

  it("of what was retired since is not listed, and can be ended", async () => {
    const { people, experience, ofExperience } = await setStage();
    const cookie = await cookieOf(people.viewer);
    await post(address, cookie, ofExperience);
    await web.db
      .updateTable("experiences")
      .set({ retired_at: ago("1 second") })
      .where("id", "=", experience.id)
      .execute();
    expect(await followsOf(people.viewer.id)).toEqual([]);
    expect(await post(address, cookie, { ...ofExperience, _method: "delete" })).toMatchObject({
      ...{ status: 303, location: address },
    });
    expect(
      await web.db.selectFrom("follows").select("id").where("person_id", "=", people.viewer.id).execute(),
    ).toEqual([]);
  });

  it(`is for ${mostFollows} spaces and experiences at most`, async () => {
    const { people, space, ofSpace } = await setStage();
    const person = await insertUser(web.db);
    for (let number = 0; number < mostFollows; number++) {
      const { id } = await insertExperience(web.db, { spaceId: space.id });
      await web.db
        .insertInto("follows")
        .values({ person_id: person.id, space_id: space.id, experience_id: id })
        .execute();
    }
    const of = { userId: person.id, spaceId: space.id, experienceId: null };
    expect(await follow(web.db, of)).toEqual({ ok: false, reason: "too_many" });
    const refused = await post(address, await cookieOf(person), ofSpace);
    expect([refused.status, refused.words]).toEqual([
      409,
      expect.stringContaining("all that one person can"),
    ]);
    // What one follows already is no more.
    const [first] = await followsOf(person.id);
    expect(await follow(web.db, { ...first!, userId: person.id })).toEqual({ ok: true, isNew: false });
    expect((await followsOf(people.viewer.id)).length).toBe(0);
  });

  it("is done so often in a minute, and then later", async () => {
    const { people, ofSpace } = await setStage();
    const cookie = await cookieOf(people.stranger);
    for (let times = 0; times < turnsOf("follow.person").points; times++)
      expect((await post(address, cookie, ofSpace)).status).toBe(303);
    const refused = await post(address, cookie, ofSpace);
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect(refused.words).toContain("You changed what you follow too often.");
  });
});
