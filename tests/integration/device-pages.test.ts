import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { listDevices } from "#app/domain/devices/places.ts";
import { findAudience } from "#app/domain/presence/presence.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import type { StreamStatus } from "#db/types.ts";
import { insertMember, insertPeople, signIn } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { openPage } from "./page-socket-client.ts";
import { browse } from "./pages.ts";
import { endStreamRow } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb({ attach: attachPageSocket });
});
afterAll(() => web.close());

const { visit, post } = browse(() => web);
const tab = "tab-of-a-test";

/** A stream, and browsers of its viewer that know how to ask for its picture. */
async function setStage({ status = "live" as StreamStatus, most = 2 } = {}) {
  const stage = await insertPeople(web.db, { status });
  const { path, stream, grant, people } = stage;
  await web.db
    .updateTable("access_passes")
    .set({ most_devices: most })
    .where("id", "=", stage.pass.id)
    .execute();
  const deviceOf = async (who: "viewer" | "moderator" | "host" = "viewer", userAgent?: string) => {
    const device = await signIn(web.db, people[who].id);
    if (userAgent)
      await web.db
        .updateTable("sessions")
        .set({ user_agent: userAgent })
        .where("id", "=", device.sessionId)
        .execute();
    return {
      ...device,
      ask: async () => {
        const answer = await web.fetch(`${path}/ticket`, { cookie: device.cookie, form: { tab } });
        return { status: answer.status, ...((await answer.json()) as { reason?: string }) };
      },
      read: () => visit(path, device.cookie),
      end: (sessionId?: string) =>
        post(`${path}/device`, device.cookie, sessionId === undefined ? {} : { end: sessionId }),
      open: (tabOfPage = tab) =>
        openPage(web.url, { streamId: stream.id, cookie: device.cookie, tab: tabOfPage }),
    };
  };
  const here = async () => (await listDevices(web.db, grant.id)).map(({ sessionId }) => sessionId);
  return { ...stage, deviceOf, here };
}

const wasEnded = (ended: unknown) => ended === "other_device";
const mayGoOn = (ended: unknown) => ended === null;

/** The stream is over; nothing of it was recorded. */
async function end(streamId: string) {
  await endStreamRow(web.db, streamId);
  await notifyChange(web.db, { kind: "stream", streamId });
}

const phone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1";
const desk = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

describe("one device more than may watch", () => {
  it("is refused a ticket with its reason, and asked on the page, without scripts, which of the others to end", async () => {
    const { deviceOf, here, path, stream } = await setStage();
    const [first, second, third] = [
      await deviceOf("viewer", phone),
      await deviceOf("viewer", desk),
      await deviceOf(),
    ];
    for (const device of [first, second]) expect(await device.ask()).toMatchObject({ status: 200 });
    expect(await third.ask()).toMatchObject({ status: 409, ok: false, reason: "devices" });
    const page = await third.read();
    expect(page.status).toBe(200);
    expect(page.words).toContain("You are watching on 2 other devices.");
    expect(page.words).toContain("Your pass lets you watch on 2 devices at once. Which is to end?");
    expect(page.words).toContain("The chat stays open on each.");
    expect(page.words).toMatch(new RegExp(`Safari on an iPhone +watches +${stream.title} +since`));
    expect(page.words).toContain("Firefox on Windows");
    // Nothing is fetched, and no ticket asked for, for a picture that is not shown.
    expect(page.html).not.toContain("/ticket");
    expect((await first.read()).html).toContain("/ticket");
    for (const device of [first, second])
      expect((await device.read()).words).not.toContain("Which is to end?");

    const ended = await third.end(first.sessionId);
    expect([ended.status, ended.location]).toEqual([303, path]);
    expect(await here()).toEqual([second.sessionId, third.sessionId]);
    expect(await third.ask()).toMatchObject({ status: 200 });
    expect((await third.read()).words).not.toContain("Which is to end?");
    expect(await first.ask()).toMatchObject({ status: 409, reason: "devices" });
    const gone = await first.read();
    expect(gone.words).toContain("You went on with another device, so the picture stopped here.");
    expect(gone.words).toContain("Which is to end?");
  });

  it("goes on by one press where a place is free again, and is told when another was faster", async () => {
    const { deviceOf, here, path } = await setStage({ most: 1 });
    const [first, second] = [await deviceOf(), await deviceOf()];
    await first.ask();
    const before = await everything(web.db);
    const late = await second.end();
    expect([late.status, late.location]).toEqual([303, `${path}?device=full`]);
    expect(await everything(web.db)).toBe(before);
    const asked = await visit(`${path}?device=full`, second.cookie);
    expect(asked.words).toContain("None of them has stopped so far.");
    expect(asked.words).toContain("Your pass lets you watch on one device at a time.");

    await second.end(first.sessionId);
    await post("/sign-out", second.cookie, {});
    const back = await first.read();
    expect(back.words).toContain("You can go on here.");
    expect((await first.end()).location).toBe(path);
    expect(await here()).toEqual([first.sessionId]);
  });

  it("cannot end what is no device of this grant, and nonsense changes nothing", async () => {
    const [mine, theirs] = [await setStage({ most: 1 }), await setStage({ most: 1 })];
    const [first, second, foreign] = [await mine.deviceOf(), await mine.deviceOf(), await theirs.deviceOf()];
    await Promise.all([first.ask(), foreign.ask()]);
    const before = await everything(web.db);
    expect((await second.end(foreign.sessionId)).location).toBe(`${mine.path}?device=more`);
    expect((await second.end("no-id")).status).toBe(400);
    const twice: [string, string][] = [
      ["end", first.sessionId],
      ["end", first.sessionId],
    ];
    expect((await post(`${mine.path}/device`, second.cookie, twice)).status).toBe(400);
    expect((await post("/nowhere/at-all/streams/none/device", second.cookie, {})).status).toBe(404);
    expect(await everything(web.db)).toBe(before);
    expect(await theirs.here()).toEqual([foreign.sessionId]);
  });

  it("is not asked while there is nothing to see, and the team is never asked", async () => {
    for (const status of ["scheduled", "cancelled", "ended"] as const) {
      const { deviceOf, here, path } = await setStage({ status, most: 1 });
      const device = await deviceOf();
      expect((await device.end()).location).toBe(path);
      expect(await here()).toEqual([]);
    }
    const over = await setStage({ most: 1 });
    const [watched, late] = [await over.deviceOf(), await over.deviceOf()];
    await watched.ask();
    expect((await late.read()).words).toContain("Which is to end?");
    await end(over.stream.id);
    expect((await late.read()).words).not.toContain("Which is to end?");
    const { deviceOf, here } = await setStage({ most: 1 });
    const viewer = await deviceOf();
    await viewer.ask();
    for (const who of ["moderator", "host"] as const) {
      const [one, two] = [await deviceOf(who), await deviceOf(who)];
      expect([(await one.ask()).status, (await two.ask()).status]).toEqual([200, 200]);
      expect((await two.read()).words).not.toContain("watching on");
      await two.end(viewer.sessionId);
    }
    expect(await here()).toEqual([viewer.sessionId]);
  });
});

describe("open pages", () => {
  it("of a device that was ended are told, in every tab, keep their socket and the chat, and hear when they may go on", async () => {
    const { deviceOf } = await setStage({ most: 1 });
    const [first, second] = [await deviceOf(), await deviceOf()];
    await first.ask();
    const pages = [first.open(), first.open("another-tab-of-it")];
    const other = second.open();
    for (const page of [...pages, other]) await page.state(({ access }) => access === "yes");
    await second.end(first.sessionId);
    for (const page of pages) {
      await page.device(wasEnded);
      expect(page.isOpen()).toBe(true);
      expect(page.ended()).toBeUndefined();
      expect(page.states().at(-1)?.chat).not.toBeNull();
    }
    await first.end(second.sessionId);
    for (const page of pages) await page.device(mayGoOn);
    await other.device(wasEnded);
    // Who comes with a page that was ended before is told at once.
    const again = second.open("a-tab-that-comes-later");
    await again.device(wasEnded);
    for (const page of [...pages, other, again]) page.socket.close();
  });

  it("whose socket was away when they might go on, or might no more, hear it when it comes back", async () => {
    const { deviceOf } = await setStage({ most: 1 });
    const [first, second] = [await deviceOf(), await deviceOf()];
    await first.ask();
    const page = first.open();
    await page.state(({ access }) => access === "yes");
    await second.end(first.sessionId);
    await page.device(wasEnded);
    page.socket.close();
    await page.closed();
    await first.end(second.sessionId);
    const back = first.open();
    await back.device(mayGoOn);
    back.socket.close();
    await back.closed();
    await second.end(first.sessionId);
    const again = first.open();
    await again.device(wasEnded);
    again.socket.close();
  });

  it("of who joined the team since their device was ended hear that they may go on", async () => {
    const { deviceOf, people, space } = await setStage({ most: 1 });
    const [first, second] = [await deviceOf(), await deviceOf()];
    await first.ask();
    const page = first.open();
    await second.end(first.sessionId);
    await page.device(wasEnded);
    await insertMember(web.db, { spaceId: space.id, userId: people.viewer.id, role: "moderator" });
    await notifyChange(web.db, { kind: "person", userId: people.viewer.id });
    await page.device(mayGoOn);
    page.socket.close();
  });

  it("keep their device's place while they are open, and take none by themselves", async () => {
    const { deviceOf, here, grant } = await setStage({ most: 1 });
    const [first, second] = [await deviceOf(), await deviceOf()];
    await first.ask();
    const [mine, theirs] = [first.open(), second.open()];
    for (const page of [mine, theirs]) await page.state(({ access }) => access === "yes");
    const seenAgo = async () =>
      (
        await sql<{ seconds: number }>`
          select extract(epoch from clock_timestamp() - seen_at)::float8 as seconds from access_grant_devices
          where access_grant_id = ${grant.id}::uuid
        `.execute(web.db)
      ).rows.map(({ seconds }) => seconds);
    await web.db
      .updateTable("access_grant_devices")
      .set({ seen_at: sql<Date>`clock_timestamp() - interval '20 seconds'` })
      .where("access_grant_id", "=", grant.id)
      .execute();
    await expect.poll(async () => (await seenAgo())[0], { timeout: 12_000 }).toBeLessThan(10);
    expect(await here()).toEqual([first.sessionId]);
    for (const page of [mine, theirs]) page.socket.close();
  });

  it("of a stream that is over keep no place where there is no replay, and keep it where there is one", async () => {
    const { deviceOf, grant, stream, people } = await setStage({ most: 1 });
    const first = await deviceOf();
    await first.ask();
    const page = first.open();
    await page.state(({ status }) => status === "live");
    await end(stream.id);
    await page.state(({ status }) => status === "ended");
    const place = () =>
      web.db
        .selectFrom("access_grant_devices")
        .select(sql<string>`seen_at::text`.as("seenAt"))
        .where("access_grant_id", "=", grant.id)
        .executeTakeFirstOrThrow();
    /** As if it had watched until some seconds ago. */
    const setBack = () =>
      web.db
        .updateTable("access_grant_devices")
        .set({ seen_at: sql<Date>`clock_timestamp() - interval '12 seconds'` })
        .where("access_grant_id", "=", grant.id)
        .execute();
    const lastSeen = async () =>
      (
        await web.db
          .selectFrom("stream_presence")
          .select("last_seen")
          .where("stream_id", "=", stream.id)
          .where("user_id", "=", people.viewer.id)
          .where("tab", "=", tab)
          .executeTakeFirst()
      )?.last_seen.getTime() ?? 0;
    /** Who is there is written with which devices watch: the second time the first is through. */
    const untilWritten = async () => {
      for (let times = 0; times < 2; times++) {
        const before = await lastSeen();
        await expect.poll(lastSeen, { timeout: 15_000 }).toBeGreaterThan(before);
      }
    };
    await setBack();
    const before = await place();
    await untilWritten();
    expect(await place()).toEqual(before);

    await web.db
      .insertInto("streaming_recordings")
      .values({ stream_id: stream.id, status: "ready", ready_at: sql`now()` })
      .execute();
    await notifyChange(web.db, { kind: "stream", streamId: stream.id });
    await page.state(({ recording }) => recording?.status === "ready");
    await setBack();
    const then = await place();
    await expect.poll(place, { timeout: 15_000 }).not.toEqual(then);
    page.socket.close();
  });

  it("of one person on two devices are one viewer", async () => {
    const { deviceOf, stream } = await setStage();
    const pages = [(await deviceOf()).open(), (await deviceOf()).open()];
    for (const page of pages) await page.viewers(1);
    expect(await findAudience(web.db, stream.id)).toMatchObject({ now: 1, peak: 1, total: 1 });
    for (const page of pages) page.socket.close();
  });
});
