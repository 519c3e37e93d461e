import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findComing, sayComing } from "#app/domain/coming/coming.ts";
import { turnsOf } from "#app/http/turns.ts";
import { ago, inFuture, insertPeople, insertStream, insertUser, signIn } from "#tests/factories.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

type Fan = Awaited<ReturnType<typeof insertUser>>;

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

async function setStage(status: "scheduled" | "rehearsal" | "live" | "ended" | "cancelled" = "scheduled") {
  const house = await insertPeople(web.db, { status });
  const count = async () => (await findComing(web.db, { streamId: house.stream.id, userId: null })).count;
  return { ...house, coming: `${house.path}/coming`, count };
}

describe("“I'm coming”", () => {
  it("is said by a press, counted once however often, and taken back by another", async () => {
    const { people, path, coming, count } = await setStage();
    const cookie = await cookieOf(people.viewer);
    expect((await visit(path, cookie)).words).toContain("I'm coming");
    for (let press = 0; press < 3; press++)
      expect(await post(coming, cookie, {})).toMatchObject({ status: 303, location: path });
    expect(await count()).toBe(1);
    const mine = await visit(path, cookie);
    expect(mine.words).toContain("You are coming");
    expect(mine.words).toContain("I'm not coming");
    for (let press = 0; press < 2; press++)
      expect(await post(coming, cookie, { _method: "delete" })).toMatchObject({
        status: 303,
        location: path,
      });
    expect(await count()).toBe(0);
  });

  it("is said at once from two tabs, and counted once", async () => {
    const { people, coming, count } = await setStage();
    const cookie = await cookieOf(people.viewer);
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(coming, cookie, {})));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(await count()).toBe(1);
  });

  it("may be said without a pass, by who had one, and by who makes other streams; everybody reads how many", async () => {
    const { people, path, coming } = await setStage();
    const cookies = await Promise.all(
      (["stranger", "ended", "viewer", "otherOwner"] as const).map((who) => cookieOf(people[who])),
    );
    const said: string[] = [];
    for (const cookie of cookies) {
      expect((await post(coming, cookie, {})).status).toBe(303);
      said.push((await visit(path, cookie)).words);
    }
    expect(said[0]).toContain("You are coming");
    expect(said[1]).toContain("You and 1 other are coming");
    expect(said[3]).toContain("You and 3 others are coming");
    expect((await visit(path)).words).toContain("4 people are coming");
    expect((await visit(path)).words).toContain("I'm coming");
  });

  it("is not offered to the team, nor to who is banned, and refused in words", async () => {
    const { people, path, coming, count } = await setStage();
    for (const who of ["moderator", "host", "owner", "banned"] as const) {
      const cookie = await cookieOf(people[who]);
      expect((await visit(path, cookie)).words).not.toContain("I'm coming");
      const refused = await post(coming, cookie, {});
      expect(refused.status).toBe(403);
      expect(refused.words).toContain(who === "banned" ? "shut you out" : "on the team of this stream");
    }
    expect(await count()).toBe(0);
  });

  it("can be taken back by who was banned since, and after it is over", async () => {
    const { people, coming, count, stream, space } = await setStage();
    const cookie = await cookieOf(people.viewer);
    await post(coming, cookie, {});
    const ban = { space_id: space.id, user_id: people.viewer.id, banned_by: people.owner.id };
    await web.db.insertInto("space_bans").values(ban).execute();
    await sql`update streams set status = 'cancelled', cancelled_at = now() where id = ${stream.id}`.execute(
      web.db,
    );
    expect((await post(coming, cookie, { _method: "delete" })).status).toBe(303);
    expect(await count()).toBe(0);
  });

  it.each([
    ["31 minutes before the start", "scheduled", inFuture("31 minutes")],
    ["in the last 30 minutes", "scheduled", inFuture("29 minutes")],
    ["in the last minute", "scheduled", inFuture("20 seconds")],
    ["while the host prepares", "rehearsal", inFuture("5 minutes")],
    ["when the time has passed and it has not begun", "scheduled", ago("10 minutes")],
    ["when the host prepares after the time", "rehearsal", ago("10 minutes")],
  ] as const)("is taken back on its page, and said again, %s", async (_, status, startsAt) => {
    const { people, stream, path, coming, count } = await setStage(status);
    await web.db.updateTable("streams").set({ starts_at: startsAt }).where("id", "=", stream.id).execute();
    // With a pass, and without one.
    for (const who of ["viewer", "stranger"] as const) {
      const cookie = await cookieOf(people[who]);
      await post(coming, cookie, {});
      expect([who, await count()]).toEqual([who, 1]);
      const page = await visit(path, cookie);
      expect(page.words).toContain("I'm not coming");
      const [form = ""] =
        new RegExp(`<form[^>]* action="${coming}"[^>]*>[\\s\\S]*?</form>`).exec(page.html) ?? [];
      expect(form).toMatch(/method="post"/);
      expect(form).toMatch(/name="_method"[^>]* value="delete"/);
      expect(await post(coming, cookie, { _method: "delete" })).toMatchObject({
        status: 303,
        location: path,
      });
      expect([who, await count()]).toEqual([who, 0]);
      expect((await visit(path, cookie)).words).toContain("I'm coming");
      await post(coming, cookie, {});
      await post(coming, cookie, { _method: "delete" });
    }
    expect(await count()).toBe(0);
  });

  it.each(["live", "ended", "cancelled"] as const)("of a stream that is %s is too late", async (status) => {
    const { people, path, coming, count } = await setStage(status);
    const cookie = await cookieOf(people.viewer);
    expect((await visit(path, cookie)).words).not.toContain("I'm coming");
    const refused = await post(coming, cookie, {});
    expect([refused.status, refused.words]).toEqual([409, expect.stringContaining("not to come any more")]);
    expect(await count()).toBe(0);
  });

  it("of one in rehearsal is as of any that is scheduled", async () => {
    const { people, coming, count } = await setStage("rehearsal");
    expect((await post(coming, await cookieOf(people.stranger), {})).status).toBe(303);
    expect(await count()).toBe(1);
  });

  it("of one whose time is half a day past is too late", async () => {
    const { people, experience } = await setStage();
    const startsAt = ago("13 hours");
    const { id } = await insertStream(web.db, {
      ...{ experienceId: experience.id, createdBy: people.owner.id, startsAt },
    });
    expect(await sayComing(web.db, { streamId: id, userId: people.viewer.id })).toEqual({
      ok: false,
      reason: "over",
    });
  });

  it("of a stream that is not there is 404, also with signs that no address has", async () => {
    const { people, path } = await setStage();
    const cookie = await cookieOf(people.viewer);
    for (const end of ["-not-there", "%2F..", "%F0%9F%98%80"])
      expect((await post(`${path}${end}/coming`, cookie, {})).status).toBe(404);
  });

  it("leads who is not signed in there and back, asks once more, and has changed nothing until then", async () => {
    const { path, coming, count } = await setStage();
    const pressed = await post(coming, undefined, {});
    expect(pressed).toMatchObject({
      status: 303,
      location: `/sign-in?to=${encodeURIComponent(`${path}?coming`)}`,
    });
    const person = await insertUser(web.db);
    const cookie = await cookieOf(person);
    const back = await visit(`${path}?coming`, cookie);
    expect(back.words).toContain("Press once more, and you are counted.");
    expect(await count()).toBe(0);
    await post(coming, cookie, {});
    expect((await visit(`${path}?coming`, cookie)).words).not.toContain("Press once more");
  });

  it("is said so often in a minute, and then later", async () => {
    const { people, coming } = await setStage();
    const cookie = await cookieOf(people.stranger);
    for (let times = 0; times < turnsOf("coming.person").points; times++)
      expect((await post(coming, cookie, {})).status).toBe(303);
    // Another session of the same person has no turns of its own.
    const refused = await post(coming, (await signIn(web.db, people.stranger.id)).cookie, {});
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect(refused.words).toContain("You changed your mind too often.");
    expect((await post(coming, await cookieOf(people.viewer), {})).status).toBe(303);
  });

  it("from another site changes nothing", async () => {
    const { people, coming, count } = await setStage();
    const cookie = await cookieOf(people.viewer);
    expect((await post(coming, cookie, {}, { origin: "https://evil.example" })).status).toBe(403);
    expect(await count()).toBe(0);
  });
});

describe("who is coming", () => {
  it("is who will be in the audience: not who was banned, is switched off or joined the team since", async () => {
    const { people, experience, stream, space, path, coming, count } = await setStage();
    const { db } = web;
    const fans = await Promise.all(
      ["Ada", "Ben", "Cleo", "Dan", "Eva"].map((name) => insertUser(db, { name })),
    );
    const [ada, ben, cleo, dan, eva] = fans as [Fan, Fan, Fan, Fan, Fan];
    const cookies = await Promise.all(fans.map(cookieOf));
    for (const cookie of cookies) await post(coming, cookie, {});
    expect(await count()).toBe(5);
    const other = await insertStream(db, { experienceId: experience.id, createdBy: people.owner.id });
    const ban = { space_id: space.id, banned_by: people.owner.id };
    await db
      .insertInto("space_bans")
      .values([
        { ...ban, user_id: ada.id },
        { ...ban, user_id: ben.id, stream_id: stream.id },
        { ...ban, user_id: eva.id, stream_id: other.id },
      ])
      .execute();
    await db.updateTable("users").set({ disabled_at: new Date() }).where("id", "=", cleo.id).execute();
    await db
      .insertInto("space_members")
      .values({ space_id: space.id, user_id: dan.id, role: "moderator" })
      .execute();
    expect(await count()).toBe(1);
    const [adas, , , dans, evas] = cookies;
    expect((await visit(path)).words).toContain("1 person is coming");
    expect((await visit(path, evas)).words).toContain("You are coming");
    for (const cookie of [adas, dans])
      expect((await visit(`${path}?coming`, cookie)).words).toMatch(
        /1 person is coming(?!.*Press once more)/,
      );
    const list = await visit(`/account/streams/${stream.id}/coming`, await cookieOf(people.host));
    expect(list.words).toContain("1 person is coming");
    expect(fans.filter(({ name }) => list.words.includes(name)).map(({ name }) => name)).toEqual(["Eva"]);
    // What they said stands, for when that is over.
    await db
      .updateTable("space_bans")
      .set({ lifted_at: new Date() })
      .where("user_id", "in", [ada.id, ben.id])
      .execute();
    expect(await count()).toBe(3);
    expect((await visit(path, adas)).words).toContain("You and 2 others are coming");
  });

  it("is told to hosts: names, and addresses of those who hold or held a pass", async () => {
    const { people, stream, coming, space } = await setStage();
    await web.db.updateTable("users").set({ name: "Sascha" }).where("id", "=", people.stranger.id).execute();
    for (const who of ["stranger", "ended", "viewer", "otherOwner"] as const)
      await post(coming, await cookieOf(people[who]), {});
    const list = `/account/streams/${stream.id}/coming`;
    for (const who of ["host", "owner"] as const) {
      const { words, html } = await visit(list, await cookieOf(people[who]));
      expect(words).toContain("4 people are coming");
      expect(words).toContain("Sascha None yet");
      expect(words).toContain("Somebody without a name None yet");
      expect(words).toContain(`${people.viewer.email} Opens it to them`);
      expect(words).toContain(`${people.ended.email} None yet`);
      expect(html).not.toContain(people.stranger.email);
      expect(html).not.toContain(people.otherOwner.email);
    }
    const studio = await visit(
      `/account/streams/${stream.id}?space=${space.slug}`,
      await cookieOf(people.host),
    );
    expect(studio.words).toContain("Coming 4");
  });

  it("is read page by page", async () => {
    const { people, stream } = await setStage();
    const users = await Promise.all(
      Array.from({ length: 53 }, (_, number) => insertUser(web.db, { name: `N${number}` })),
    );
    for (const [number, { id }] of users.entries())
      await web.db
        .insertInto("coming")
        .values({ stream_id: stream.id, person_id: id, since: inFuture(`${number % 3} seconds`) })
        .execute();
    const cookie = await cookieOf(people.owner);
    const first = await visit(`/account/streams/${stream.id}/coming`, cookie);
    const [, older = ""] = /href="([^"]*\?after=[^"]*)"/.exec(first.html) ?? [];
    const second = await visit(older, cookie);
    const names = (words: string) => words.match(/\bN\d+\b/g) ?? [];
    expect([names(first.words).length, names(second.words).length]).toEqual([50, 3]);
    expect(new Set([...names(first.words), ...names(second.words)]).size).toBe(53);
    expect(second.words).toContain("Back to the newest");
  });

  it("is nobody yet: says what will be here, with the link to hand on", async () => {
    const { people, stream, path } = await setStage();
    const { words, html } = await visit(`/account/streams/${stream.id}/coming`, await cookieOf(people.host));
    expect(words).toContain("People stand here as soon as they say so");
    expect(html).toContain(`${web.url}${path}`);
  });
});
