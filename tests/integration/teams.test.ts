import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeRole, findTeamRole, listTeams, removeMember } from "#app/domain/teams/members.ts";
import type { SpaceRole } from "#db/types.ts";
import { insertMember, insertSpace, insertUser, signIn, unique } from "#tests/factories.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

/** A space with one owner, and one member for each further role. */
async function insertTeam(...roles: SpaceRole[]) {
  const { db } = web;
  const owner = await insertUser(db);
  const space = await insertSpace(db, { ownerId: owner.id });
  const members: string[] = [];
  for (const role of roles) {
    const user = await insertUser(db);
    await insertMember(db, { spaceId: space.id, userId: user.id, role });
    members.push(user.id);
  }
  return { spaceId: space.id, slug: space.slug, owner: owner.id, members };
}

const roleOf = (spaceId: string, userId: string) => findTeamRole(web.db, { spaceId, userId });

async function ownersOf(spaceId: string) {
  const owners = await web.db
    .selectFrom("space_members")
    .select("user_id")
    .where("space_id", "=", spaceId)
    .where("role", "=", "owner")
    .execute();
  return owners.map(({ user_id: userId }) => userId);
}

describe("the last owner", () => {
  it("cannot leave, be removed or become something else", async () => {
    const { spaceId, owner, members } = await insertTeam("host");
    const refused = { ok: false, reason: "last_owner" };
    expect(
      await removeMember(web.db, web.services.queue, { spaceId, actorId: owner, userId: owner }),
    ).toEqual(refused);
    expect(
      await changeRole(web.db, web.services.queue, { spaceId, actorId: owner, userId: owner, role: "host" }),
    ).toEqual(refused);
    const byHost = await removeMember(web.db, web.services.queue, {
      spaceId,
      actorId: members[0]!,
      userId: owner,
    });
    expect(byHost).toEqual({ ok: false, reason: "not_allowed" });
    expect(await ownersOf(spaceId)).toEqual([owner]);
  });

  it("remains when two owners leave at once, in any order, twenty times", async () => {
    for (let round = 0; round < 20; round++) {
      const { spaceId, owner, members } = await insertTeam("owner");
      const owners = [owner, members[0]!];
      const outcomes = await Promise.all(
        owners.map((userId) =>
          removeMember(web.db, web.services.queue, { spaceId, actorId: userId, userId }),
        ),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect(await ownersOf(spaceId)).toHaveLength(1);
    }
  });

  it("remains when two owners make each other hosts, or remove each other, at once", async () => {
    for (let round = 0; round < 10; round++) {
      const { spaceId, owner, members } = await insertTeam("owner");
      const [one, other] = [owner, members[0]!];
      await Promise.all([
        changeRole(web.db, web.services.queue, { spaceId, actorId: one, userId: other, role: "host" }),
        removeMember(web.db, web.services.queue, { spaceId, actorId: other, userId: one }),
        changeRole(web.db, web.services.queue, { spaceId, actorId: other, userId: other, role: "moderator" }),
      ]);
      expect(await ownersOf(spaceId)).toHaveLength(1);
    }
  });
});

describe("a role", () => {
  const may: [SpaceRole, SpaceRole, boolean][] = [
    ["owner", "owner", true],
    ["owner", "host", true],
    ["owner", "moderator", true],
    ["host", "owner", false],
    ["host", "host", false],
    ["host", "moderator", true],
    ["moderator", "owner", false],
    ["moderator", "host", false],
    ["moderator", "moderator", false],
  ];

  it.each(may)("of %s lets somebody remove a member who is %s: %s", async (actor, other, allowed) => {
    const { spaceId, members } = await insertTeam(actor, other);
    const [actorId, userId] = [members[0]!, members[1]!];
    const removed = await removeMember(web.db, web.services.queue, { spaceId, actorId, userId });
    expect(removed.ok).toBe(allowed);
    expect(await roleOf(spaceId, userId)).toBe(allowed ? undefined : other);
  });

  it.each(may)("of %s lets somebody make a moderator %s: %s", async (actor, role, allowed) => {
    const { spaceId, members } = await insertTeam(actor, "moderator");
    const [actorId, userId] = [members[0]!, members[1]!];
    const changed = await changeRole(web.db, web.services.queue, { spaceId, actorId, userId, role });
    expect(changed.ok).toBe(allowed && actor !== "moderator");
    expect(await roleOf(spaceId, userId)).toBe(changed.ok ? role : "moderator");
  });

  it("does not raise itself", async () => {
    const { spaceId, members } = await insertTeam("host", "moderator");
    for (const userId of members)
      expect(
        await changeRole(web.db, web.services.queue, { spaceId, actorId: userId, userId, role: "owner" }),
      ).toMatchObject({
        ok: false,
      });
  });

  it("counts in its own space only", async () => {
    const [mine, theirs] = [await insertTeam(), await insertTeam("moderator")];
    const foreign = { spaceId: theirs.spaceId, actorId: mine.owner, userId: theirs.members[0]! };
    expect(await removeMember(web.db, web.services.queue, foreign)).toMatchObject({ ok: false });
    expect(await changeRole(web.db, web.services.queue, { ...foreign, role: "host" })).toMatchObject({
      ok: false,
    });
    expect(await roleOf(theirs.spaceId, theirs.members[0]!)).toBe("moderator");
  });

  it("is the same after a second press, and somebody who is gone stays gone", async () => {
    const { spaceId, owner, members } = await insertTeam("moderator");
    const change = { spaceId, actorId: owner, userId: members[0]!, role: "host" as const };
    const twice = await Promise.all([
      changeRole(web.db, web.services.queue, change),
      changeRole(web.db, web.services.queue, change),
    ]);
    expect(twice).toEqual([{ ok: true }, { ok: true }]);
    const removal = { spaceId, actorId: owner, userId: members[0]! };
    const removed = await Promise.all([
      removeMember(web.db, web.services.queue, removal),
      removeMember(web.db, web.services.queue, removal),
    ]);
    expect(removed).toEqual([{ ok: true }, { ok: true }]);
    expect(await changeRole(web.db, web.services.queue, change)).toEqual({ ok: true });
    expect(await roleOf(spaceId, members[0]!)).toBeUndefined();
  });
});

describe("the pages of a team", () => {
  const cookieOf = async (userId: string) => (await signIn(web.db, userId)).cookie;

  it("are closed to nobody and to people of other spaces, and change nothing for them", async () => {
    const { spaceId, slug, members } = await insertTeam("moderator");
    const other = await insertTeam();
    const member = `/account/members/${members[0]}`;
    for (const path of [
      `/account/members?space=${slug}`,
      `${member}?space=${slug}`,
      `${member}/removal?space=${slug}`,
    ]) {
      expect((await web.fetch(path)).status).toBe(302);
      const cookie = await cookieOf(other.owner);
      expect((await web.fetch(path, { cookie })).status).toBe(404);
      const posts = path.replace("?", "?index&");
      expect(
        (await web.fetch(posts, { cookie, form: { role: "owner", email: "a@example.com" } })).status,
      ).toBe(404);
    }
    const cookie = await cookieOf(other.owner);
    // A member of another team, asked for as if they were of one's own.
    expect((await web.fetch(`${member}/removal`, { cookie, form: {} })).status).toBe(303);
    expect(await roleOf(spaceId, members[0]!)).toBe("moderator");
    expect((await web.fetch("/account/members/not-an-id", { cookie })).status).toBe(404);
  });

  it("send somebody without a team to where a space is started", async () => {
    const cookie = await cookieOf((await insertUser(web.db)).id);
    expect((await web.fetch("/account/members", { cookie })).headers.get("location")).toBe(
      "/account/space/new",
    );
  });

  it("name the team in their address for whoever has several", async () => {
    const [first, second] = [await insertTeam(), await insertTeam("moderator")];
    await insertMember(web.db, { spaceId: first.spaceId, userId: second.members[0]!, role: "moderator" });
    const cookie = await cookieOf(second.members[0]!);
    const teams = await listTeams(web.db, second.members[0]!);
    const page = await web.fetch("/account/members", { cookie });
    expect(page.headers.get("location")).toBe(`/account/members?space=${teams[0]!.slug}`);
    expect((await web.fetch(`/account/members?space=${second.slug}`, { cookie })).status).toBe(200);
    for (const { slug } of teams) {
      const headers = { referer: `${web.url}/account/streams?space=${slug}` };
      const followed = await web.fetch("/account/members", { cookie, headers });
      expect(followed.headers.get("location")).toBe(`/account/members?space=${slug}`);
    }
  });

  it("tell the last owner beside the form why they stay", async () => {
    const { spaceId, slug, owner } = await insertTeam();
    const cookie = await cookieOf(owner);
    const page = await web.fetch(`/account/members/${owner}/removal?space=${slug}`, { cookie });
    expect(await page.text()).toContain("Leave the team");
    const refused = await web.fetch(`/account/members/${owner}/removal?space=${slug}`, { cookie, form: {} });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("A space needs an owner");
    const role = await web.fetch(`/account/members/${owner}?index&space=${slug}`, {
      cookie,
      form: { role: "host" },
    });
    expect(role.status).toBe(400);
    expect(await role.text()).toContain("Make somebody else an owner first");
    expect(await ownersOf(spaceId)).toEqual([owner]);
  });

  it("let a member leave, twice", async () => {
    const { spaceId, slug, members } = await insertTeam("host");
    const cookie = await cookieOf(members[0]!);
    const path = `/account/members/${members[0]}/removal?space=${slug}`;
    for (let press = 0; press < 2; press++) {
      const left = await web.fetch(path, { cookie, form: {} });
      expect([left.status, left.headers.get("location")]).toEqual([303, "/account"]);
    }
    expect(await roleOf(spaceId, members[0]!)).toBeUndefined();
  });

  it("refuse a role that is none with a sentence at its field", async () => {
    const { slug, owner, members } = await insertTeam("moderator");
    const cookie = await cookieOf(owner);
    for (const form of [{}, { role: "emperor" }] as Record<string, string>[]) {
      const refused = await web.fetch(`/account/members/${members[0]}?index&space=${slug}`, { cookie, form });
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain('id="field-role-error"');
    }
    const doubled: [string, string][] = [
      ["email", `${unique("a")}@example.com`],
      ["email", `${unique("b")}@example.com`],
      ["role", "host"],
    ];
    const twice = await web.fetch(`/account/members?index&space=${slug}`, { cookie, form: doubled });
    expect(twice.status).toBe(400);
  });
});
