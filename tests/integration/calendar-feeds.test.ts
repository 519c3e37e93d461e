import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mostStreams } from "#app/domain/calendar/feed-streams.ts";
import { findFeed, insertFeed } from "#app/domain/calendar/feeds.ts";
import { countTurn, turnsOf } from "#app/http/turns.ts";
import {
  ago,
  inFuture,
  insertExperience,
  insertGrant,
  insertPass,
  insertPeople,
  insertSpace,
  insertStream,
  insertUser,
} from "#tests/factories.ts";
import { readCalendar } from "#tests/read-calendar.ts";
import { browse } from "./pages.ts";
import { type LogLine, startTestWeb, type TestWeb } from "./setup.ts";

const logged: LogLine[] = [];
let web: TestWeb;
beforeAll(async () => {
  // The address that a proxy says, so that each test has networks of its own.
  web = await startTestWeb({ logged, env: { TRUSTED_PROXIES: "127.0.0.1" } });
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);
const page = "/account/calendar";

async function addressOf(userId: string): Promise<string> {
  const { sessionSecrets } = web.services.config;
  await insertFeed(web.db, sessionSecrets, { userId });
  return `/feeds/${(await findFeed(web.db, sessionSecrets, { userId }))!.code}.ics`;
}

async function read(address: string) {
  const answer = await web.fetch(address);
  expect(answer.status).toBe(200);
  return readCalendar(await answer.text());
}

/** A person with an address, and a space with a stream that has nothing to do with them yet. */
async function setStage({ status = "scheduled" as const } = {}) {
  const owner = await insertUser(web.db);
  const space = await insertSpace(web.db, { ownerId: owner.id });
  const experience = await insertExperience(web.db, { spaceId: space.id });
  const pass = await insertPass(web.db, { spaceId: space.id, experienceIds: [experience.id] });
  const schedule = (values: Partial<Parameters<typeof insertStream>[1]> = {}) =>
    insertStream(web.db, { experienceId: experience.id, createdBy: owner.id, status, ...values });
  const stream = await schedule();
  const person = await insertUser(web.db);
  const address = await addressOf(person.id);
  const ids = async () => (await read(address)).entries.map(({ uid }) => uid);
  const come = (streamId: string) =>
    web.db.insertInto("coming").values({ stream_id: streamId, person_id: person.id }).execute();
  const follow = (experienceId: string | null = null) =>
    web.db
      .insertInto("follows")
      .values({ person_id: person.id, space_id: space.id, experience_id: experienceId })
      .execute();
  const give = (values: Partial<Parameters<typeof insertGrant>[1]> = {}) =>
    insertGrant(web.db, { passId: pass.id, userId: person.id, ...values });
  return { owner, space, experience, pass, stream, person, address, schedule, ids, come, follow, give };
}

describe("what stands in a person's calendar", () => {
  it("is nothing at first, under our name, with how often to look again", async () => {
    const { address } = await setStage();
    const answer = await web.fetch(address);
    expect(answer.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("private, max-age=300");
    expect(answer.headers.get("x-robots-tag")).toBe("noindex");
    const file = await answer.text();
    expect(file).toContain("REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n");
    expect(readCalendar(file)).toEqual({ method: "PUBLISH", name: "Frontrow", entries: [] });
  });

  it("is what they said they come to, also without a pass, until they take it back", async () => {
    const { stream, person, ids, come } = await setStage();
    await come(stream.id);
    expect(await ids()).toEqual([stream.id]);
    await web.db.deleteFrom("coming").where("person_id", "=", person.id).execute();
    expect(await ids()).toEqual([]);
  });

  it("is what they follow: a space with all that is in it, or one experience of it", async () => {
    const { space, experience, owner, stream, ids, follow, person } = await setStage();
    const second = await insertExperience(web.db, { spaceId: space.id });
    const other = await insertStream(web.db, {
      ...{ experienceId: second.id, createdBy: owner.id, startsAt: inFuture("2 hours") },
    });
    await follow(experience.id);
    expect(await ids()).toEqual([stream.id]);
    await follow();
    // Once, although it is followed twice.
    expect(await ids()).toEqual([stream.id, other.id]);
    await web.db.deleteFrom("follows").where("person_id", "=", person.id).execute();
    expect(await ids()).toEqual([]);
  });

  it("is what their passes open: while a grant is good when the stream starts, and not a moment longer", async () => {
    const { stream, ids, give } = await setStage();
    const grant = await give({ endsAt: inFuture("2 hours") });
    expect(await ids()).toEqual([stream.id]);
    const set = (values: Record<string, unknown>) =>
      web.db.updateTable("access_grants").set(values).where("id", "=", grant.id).execute();
    // The stream starts in an hour.
    await set({ ends_at: inFuture("30 minutes") });
    expect(await ids()).toEqual([]);
    await set({ ends_at: null, starts_at: inFuture("30 minutes") });
    expect(await ids()).toEqual([stream.id]);
    await set({ starts_at: inFuture("2 hours") });
    expect(await ids()).toEqual([]);
    for (const status of ["cancelled", "refunded", "expired"] as const) {
      await set({ starts_at: ago("1 day"), status });
      expect([status, await ids()]).toEqual([status, []]);
    }
  });

  it("is nobody else's", async () => {
    const { stream, ids } = await setStage();
    const stranger = await insertUser(web.db);
    await web.db.insertInto("coming").values({ stream_id: stream.id, person_id: stranger.id }).execute();
    expect(await ids()).toEqual([]);
  });

  it("has nothing of a space or a stream that they are banned from, until the ban is over", async () => {
    const { stream, schedule, person, owner, space, ids, come, follow, give } = await setStage();
    const second = await schedule({ startsAt: inFuture("2 hours") });
    await come(stream.id);
    await follow();
    await give();
    const bans = () => web.db.deleteFrom("space_bans").where("user_id", "=", person.id).execute();
    const ban = { space_id: space.id, user_id: person.id, banned_by: owner.id };
    await web.db
      .insertInto("space_bans")
      .values({ ...ban, stream_id: stream.id })
      .execute();
    expect(await ids()).toEqual([second.id]);
    await bans();
    await web.db.insertInto("space_bans").values(ban).execute();
    expect(await ids()).toEqual([]);
    await bans();
    expect(await ids()).toEqual([stream.id, second.id]);
  });

  it("keeps a cancelled stream as cancelled for who had it, also when its space closed, and begins with none", async () => {
    const { stream, schedule, space, address, come, follow } = await setStage();
    const before = await schedule({ status: "cancelled", startsAt: inFuture("2 hours") });
    await come(stream.id);
    await follow();
    await web.db
      .updateTable("streams")
      .set({ status: "cancelled", cancelled_at: new Date(), edit_version: 2 })
      .where("id", "=", stream.id)
      .execute();
    const entries = async () =>
      (await read(address)).entries.map(({ uid, status, sequence }) => ({ uid, status, sequence }));
    const cancelled = [{ uid: stream.id, status: "CANCELLED", sequence: 1 }];
    expect(await entries()).toEqual(cancelled);
    await web.db.updateTable("spaces").set({ retired_at: new Date() }).where("id", "=", space.id).execute();
    expect(await entries()).toEqual(cancelled);
    expect(before.id).not.toBe(stream.id);
  });

  it("has what is over for 60 days, and no more", async () => {
    const { schedule, stream, ids, follow } = await setStage();
    const recent = await schedule({ status: "ended", startsAt: ago("59 days"), liveAt: ago("59 days") });
    const old = await schedule({ status: "ended", startsAt: ago("61 days"), liveAt: ago("61 days") });
    await follow();
    expect(await ids()).toEqual([recent.id, stream.id]);
    expect(old.id).not.toBe(stream.id);
  });

  it(`has the first ${mostStreams} where more come, whatever is over, and then the last of what is over`, async () => {
    const { stream, schedule, ids, follow } = await setStage();
    await follow();
    const over: string[] = [];
    for (const status of ["ended", "cancelled", "scheduled"] as const)
      for (const days of [9, 6, 3]) over.push((await schedule({ status, startsAt: ago(`${days} days`) })).id);
    // Begun, and not over.
    const live = await schedule({ status: "live", startsAt: ago("3 hours") });
    const begun = await schedule({ startsAt: ago("30 minutes") });
    const come = [live.id, begun.id, stream.id];
    for (let number = 0; number < mostStreams + 5; number++)
      come.push((await schedule({ startsAt: inFuture(`${number + 2} hours`) })).id);
    expect(await ids()).toEqual(come.slice(0, mostStreams));
    await web.db
      .deleteFrom("streams")
      .where("id", "in", come.slice(mostStreams - 4))
      .execute();
    const now = await ids();
    expect(now.slice(4)).toEqual(come.slice(0, mostStreams - 4));
    // Three began three days ago; of those six days ago one has a place.
    expect(now.slice(1, 4).sort()).toEqual([over[2], over[5], over[8]].sort());
    expect([over[1], over[4], over[7]]).toContain(now[0]);
  });

  it("tells of a gated stream what its page tells everybody", async () => {
    const { address, stream, space, experience, come } = await setStage();
    await come(stream.id);
    const [entry] = (await read(address)).entries;
    expect(entry).toMatchObject({ title: stream.title });
    const path = `/${space.slug}/${experience.slug}/streams/${stream.slug}`;
    expect(entry!.description.split("\n\n").slice(1)).toEqual([
      `${experience.name}, by ${space.name}`,
      web.url + path,
    ]);
    expect((await visit(path)).words).toContain(stream.title);
  });
});

describe("the address of a person's calendar", () => {
  it("is made by a press, shown to its owner alone, and a second press makes no other", async () => {
    const { people } = await insertPeople(web.db, { status: "scheduled" });
    const cookie = await cookieOf(people.viewer);
    expect((await visit(page, cookie)).words).toContain("Make the address");
    for (let press = 0; press < 2; press++)
      expect(await post(page, cookie, {})).toMatchObject({ status: 303, location: page });
    const shown = await visit(page, cookie);
    const [, url = ""] = /value="(http[^"]*\/feeds\/[\w-]{43}\.ics)"/.exec(shown.html) ?? [];
    expect(shown.html).toContain(`href="${url.replace("http:", "webcal:")}"`);
    const { entries } = await read(url);
    // What their pass opens.
    expect(entries).toHaveLength(1);
    expect(shown.words).toContain(entries[0]!.title);
    expect((await visit(page, await cookieOf(people.stranger))).html).not.toContain("/feeds/");
  });

  it("is not in the database, and cannot be made from what is", async () => {
    const { person, address } = await setStage();
    const code = address.slice("/feeds/".length, -".ics".length);
    const row = await web.db
      .selectFrom("calendar_feeds")
      .selectAll()
      .where("person_id", "=", person.id)
      .executeTakeFirst();
    expect(JSON.stringify(row)).not.toContain(code);
    expect(row!.token_hash.toString("base64url")).not.toContain(code);
    const other = ["another-secret-of-the-tests"];
    expect(await findFeed(web.db, other, { userId: person.id })).toMatchObject({ code: undefined });
    // While the secret is replaced, and after: it works, and is shown for as long as the old one is there.
    const both = [...other, ...web.services.config.sessionSecrets];
    expect(await findFeed(web.db, both, { userId: person.id })).toMatchObject({ code });
    expect((await web.fetch(address)).status).toBe(200);
  });

  it("is replaced by another one: the old one is dead, and a second press of the same form changes nothing", async () => {
    const { person, address } = await setStage();
    const cookie = await cookieOf(person);
    const [, instead = ""] = /name="instead" value="([^"]*)"/.exec((await visit(page, cookie)).html) ?? [];
    expect(await post(page, cookie, { instead })).toMatchObject({ location: `${page}?changed=renewed` });
    const renewed = await addressOf(person.id);
    expect(renewed).not.toBe(address);
    expect([(await web.fetch(address)).status, (await web.fetch(renewed)).status]).toEqual([404, 200]);
    expect(await post(page, cookie, { instead })).toMatchObject({ location: page });
    expect(await addressOf(person.id)).toBe(renewed);
    expect((await visit(`${page}?changed=renewed`, cookie)).words).toContain("This is the new address.");
  });

  it("is revoked, and then says so in words to whoever asks", async () => {
    const { person, address } = await setStage();
    const cookie = await cookieOf(person);
    expect(await post(page, cookie, { _method: "delete" })).toMatchObject({
      location: `${page}?changed=revoked`,
    });
    const answer = await web.fetch(address);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.text()).toContain(
      `it was revoked, or replaced by another one. Whose calendar it was finds`,
    );
    expect((await visit(`${page}?changed=revoked`, cookie)).words).toContain("Revoked.");
    expect((await post(page, cookie, { _method: "delete" })).status).toBe(303);
  });

  it("of an account that is switched off gives nothing", async () => {
    const { person, address } = await setStage();
    await web.db.updateTable("users").set({ disabled_at: new Date() }).where("id", "=", person.id).execute();
    expect((await web.fetch(address)).status).toBe(404);
  });

  it("opens nothing but the calendar, and no other code opens one", async () => {
    const { address } = await setStage();
    const code = address.slice("/feeds/".length, -".ics".length);
    const made = randomBytes(32).toString("base64url");
    for (const path of [
      `/feeds/${made}.ics`,
      `/feeds/${code.slice(0, 42)}.ics`,
      `/feeds/${code}`,
      `/invites/${code}`,
    ])
      expect([path, (await web.fetch(path)).status]).toEqual([path, 404]);
  });

  it("answers HEAD, and sends nothing again that has not changed", async () => {
    const { address, stream, come } = await setStage();
    const head = await web.fetch(address, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const etag = head.headers.get("etag")!;
    const again = () => web.fetch(address, { headers: { "if-none-match": etag } });
    const known = await again();
    expect([known.status, await known.text()]).toEqual([304, ""]);
    await come(stream.id);
    expect((await again()).status).toBe(200);
  });

  it("asked for 100 times in a second answers some, and the others with how long to wait, before it asks the database", async () => {
    const { address } = await setStage();
    const { points } = turnsOf("feed.code");
    const answers = await Promise.all(Array.from({ length: 100 }, () => web.fetch(address)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(points);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(100 - points);
    for (const { headers } of refused) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused[0]!.text()).toMatch(
      /^This calendar is asked for too often\. Try again in \d+ seconds\.\n$/,
    );
    // A code that there is not is refused as well: nobody looked for it.
    const made = randomBytes(32).toString("base64url");
    for (let times = 0; times < points; times++) await countTurn("feed.code", made);
    expect((await web.fetch(`/feeds/${made}.ics`)).status).toBe(429);
    // Another person's is not.
    expect((await web.fetch((await setStage()).address)).status).toBe(200);
  });

  it("asked for by a network without end has that network wait, and no other", async () => {
    const { address } = await setStage();
    const [flood, honest] = ["198.51.100.201", "198.51.100.202"];
    for (let times = 0; times < turnsOf("calendar.network").points; times++)
      await countTurn("calendar.network", flood);
    const from = (network: string) => web.fetch(address, { headers: { "x-forwarded-for": network } });
    const refused = await from(flood);
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect(await refused.text()).toContain("Wait a little, then try again.");
    expect((await from(honest)).status).toBe(200);
  });

  it("is never in the log, whatever is answered", async () => {
    const { person, address } = await setStage();
    const code = address.slice("/feeds/".length, -".ics".length);
    const cookie = await cookieOf(person);
    for (let times = 0; times < turnsOf("feed.code").points + 2; times++) await web.fetch(address);
    await web.fetch(address, { method: "POST", cookie, form: {} });
    await web.fetch(`${address}?token=${code}`, { cookie });
    await post(page, cookie, { _method: "delete" });
    await web.fetch(address.replace(".ics", ""), { cookie });
    const lines = logged.map((line) => JSON.stringify(line));
    expect(lines.some((line) => line.includes('"path":"/feeds/…"'))).toBe(true);
    expect(lines.filter((line) => line.includes(code))).toEqual([]);
    expect(lines.some((line) => line.includes('"event":"calendar.revoked"'))).toBe(true);
  });
});
