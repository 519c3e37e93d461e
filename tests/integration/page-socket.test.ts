import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import {
  ago,
  inFuture,
  insertGrant,
  insertPass,
  insertPeople,
  insertUser,
  signIn,
} from "#tests/factories.ts";
import { startPageSockets } from "./page-socket-client.ts";

let web: Awaited<ReturnType<typeof startPageSockets>>;
beforeAll(async () => {
  web = await startPageSockets();
});
afterAll(() => web.close());

type Row = Awaited<ReturnType<typeof insertPeople>>;
const cookieOf = async (userId: string) => (await signIn(web.db, userId)).cookie;

async function setStage(status: Parameters<typeof insertPeople>[1] = { status: "scheduled" }) {
  const stage = await insertPeople(web.db, status);
  const open = async (who: Exclude<keyof Row["people"], "nobody">, more = {}) =>
    web.connect({ streamId: stage.stream.id, cookie: await cookieOf(stage.people[who].id), ...more });
  return { ...stage, open };
}

/** What is answered to a wish for a web socket at a target that no client of ours would write. */
async function upgradeAt(target: string): Promise<string> {
  const { hostname, port, host } = new URL(web.url);
  const socket = connect(Number(port), hostname);
  socket.end(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  return text(socket);
}

async function upgradeAndReset(target: string): Promise<void> {
  const { hostname, port, host } = new URL(web.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  const wish = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  socket.write(wish, () => socket.resetAndDestroy());
  await once(socket, "close");
}

async function goLive(streamId: string) {
  await web.db.transaction().execute(async (trx) => {
    await sql`update streams set status = 'live', live_at = clock_timestamp() where id = ${streamId}::uuid`.execute(
      trx,
    );
    await notifyChange(trx, { kind: "stream", streamId });
  });
}

describe("who is let in", () => {
  it("nobody without a session is", async () => {
    const { stream } = await setStage();
    expect(await web.connect({ streamId: stream.id }).status).toBe(401);
    expect(await web.connect({ streamId: stream.id, cookie: "session=made-up" }).status).toBe(401);
  });

  it("a page of another origin is not, nor a client that names none (ASVS 4.4.2)", async () => {
    const { open } = await setStage();
    expect(await (await open("viewer", { origin: "https://evil.example" })).status).toBe(403);
    expect(await (await open("viewer", { origin: null })).status).toBe(403);
  });

  it("an address without a stream, a tab or a kind of page is not understood", async () => {
    const { open } = await setStage();
    expect(await (await open("viewer", { streamId: "no-id" })).status).toBe(400);
    expect(await (await open("viewer", { tab: "short" })).status).toBe(400);
    expect(await (await open("viewer", { page: "kitchen" })).status).toBe(400);
  });

  it.each(["//", "//["])(
    "an address that is no URL (%s) is refused, and the others stay connected",
    async (target) => {
      const { open } = await setStage();
      const page = await open("viewer");
      await page.state();
      expect(await upgradeAt(target)).toMatch(/^HTTP\/1\.1 400 /);
      page.socket.ping();
      await once(page.socket, "pong");
    },
  );

  it("a client that is gone before it is answered takes nobody with it, wherever it wanted to", async () => {
    const { open } = await setStage();
    const page = await open("viewer");
    await page.state();
    for (let round = 0; round < 50; round += 1) await upgradeAndReset(round % 2 ? "/events" : "/elsewhere");
    page.socket.ping();
    await once(page.socket, "pong");
  });

  it("an ended session is not, and one that ends is sent away", async () => {
    const { stream, people } = await setStage();
    const { cookie, sessionId } = await signIn(web.db, people.viewer.id);
    const page = web.connect({ streamId: stream.id, cookie });
    await page.state();
    await web.db
      .updateTable("sessions")
      .set({ ended_at: sql`now()` })
      .where("id", "=", sessionId)
      .execute();
    await notifyChange(web.db, { kind: "person", userId: people.viewer.id });
    expect((await page.closed(1_000)).code).toBe(4401);
    expect(await web.connect({ streamId: stream.id, cookie }).status).toBe(401);
  });

  it("a stream that does not exist ends the socket", async () => {
    const { open } = await setStage();
    expect((await (await open("viewer", { streamId: randomUUID() })).closed()).code).toBe(4404);
  });

  it("a session has at most 20 sockets", async () => {
    const { stream, people } = await setStage();
    const cookie = await cookieOf(people.viewer.id);
    const pages = Array.from({ length: 20 }, (_, tab) =>
      web.connect({ streamId: stream.id, cookie, tab: `tab-number-${tab}` }),
    );
    for (const page of pages) expect(await page.status).toBe(101);
    const last = web.connect({ streamId: stream.id, cookie, tab: "tab-number-21" });
    expect(await last.status).toBe(429);
    pages.forEach((page) => page.socket.close());
  });

  it("a page that talks without end, or at length, is sent away", async () => {
    const { open } = await setStage();
    const chatty = await open("viewer", { tab: "tab-chatty" });
    await chatty.state();
    for (let message = 0; message < 30; message += 1) chatty.socket.send("hello");
    expect((await chatty.closed()).code).toBe(1008);
    const long = await open("viewer", { tab: "tab-long" });
    await long.state();
    long.socket.send("x".repeat(2_000));
    expect((await long.closed()).code).toBe(1009);
  });

  it("the same tab has one socket: the older one is closed", async () => {
    const { stream, people } = await setStage();
    const cookie = await cookieOf(people.viewer.id);
    const older = web.connect({ streamId: stream.id, cookie });
    await older.state();
    const newer = web.connect({ streamId: stream.id, cookie });
    await newer.state();
    expect((await older.closed()).code).toBe(4409);
    expect(newer.isOpen()).toBe(true);
  });
});

describe("what each is told", () => {
  it("viewers and the team that they may watch, everybody else why not", async () => {
    const { open } = await setStage({ status: "live" });
    const told = { viewer: "yes", moderator: "yes", host: "yes", owner: "yes" };
    const refused = {
      stranger: "no_grant",
      ended: "grant_expired",
      banned: "banned",
      otherOwner: "no_grant",
    };
    for (const [who, access] of Object.entries({ ...told, ...refused })) {
      const state = await (await open(who as keyof typeof told)).state();
      expect([who, state.access]).toEqual([who, access]);
      expect(state.status).toBe("live");
    }
  });

  it("a rehearsal, and who hosts it, only the team", async () => {
    const { open, stream, people } = await setStage({ status: "rehearsal" });
    const { sessionId } = await signIn(web.db, people.host.id);
    const tab = "tab-of-the-host";
    const lease = { stream_id: stream.id, user_id: people.host.id, session_id: sessionId, tab };
    await web.db.insertInto("stream_host_leases").values(lease).execute();
    const host = await (await open("host")).state();
    expect(host).toMatchObject({ status: "rehearsal", leaseHolder: { mine: true, tab } });
    expect(await (await open("moderator")).state()).toMatchObject({
      status: "rehearsal",
      leaseHolder: { mine: false },
    });
    for (const who of ["viewer", "stranger"] as const)
      expect(await (await open(who)).state()).toMatchObject({ status: "scheduled", leaseHolder: null });
  });

  it("how a recording is getting on, the team; that it failed, viewers afterwards; why, the team alone", async () => {
    const { open, stream } = await setStage({ status: "ended" });
    const recording = { stream_id: stream.id, status: "failed", reason: "bucket is gone" } as const;
    await web.db.insertInto("streaming_recordings").values(recording).execute();
    expect((await (await open("host")).state()).recording).toMatchObject({
      status: "failed",
      reason: "bucket is gone",
    });
    expect((await (await open("viewer")).state()).recording).toMatchObject({ status: "failed", reason: "" });
    expect((await (await open("stranger")).state()).recording).toBeNull();
  });

  it("a studio's socket is the team's", async () => {
    const { open } = await setStage();
    expect((await (await open("moderator", { page: "studio" })).state()).access).toBe("yes");
    const viewer = await open("viewer", { page: "studio" });
    expect((await viewer.closed()).code).toBe(4403);
    expect(viewer.states()).toEqual([]);
  });
});

describe("changes", () => {
  it("going live is known to every open page within a second of the commit", async () => {
    const { open, stream } = await setStage();
    const pages = await Promise.all([open("viewer"), open("stranger"), open("host")]);
    await Promise.all(pages.map((page) => page.state((state) => state.status === "scheduled")));
    await goLive(stream.id);
    const begun = performance.now();
    await Promise.all(pages.map((page) => page.state((state) => state.status === "live", 1_000)));
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it("what did not change a page's state is not sent to it", async () => {
    const { open, stream } = await setStage({ status: "live" });
    const [viewer, host] = await Promise.all([open("viewer"), open("host")]);
    await Promise.all([viewer.state(), host.state()]);
    await web.db
      .insertInto("streaming_recordings")
      .values({ stream_id: stream.id, status: "recording" })
      .execute();
    await notifyChange(web.db, { kind: "stream", streamId: stream.id });
    await host.state((state) => state.recording?.status === "recording");
    expect(viewer.states()).toHaveLength(1);
  });

  it("a pass that opens this no more ends the pages of all who held it, and of nobody else", async () => {
    const { open, stream, pass } = await setStage({ status: "live" });
    const [viewer, host] = await Promise.all([open("viewer"), open("host")]);
    await Promise.all([viewer.state(), host.state()]);
    await web.db.deleteFrom("access_pass_experiences").where("access_pass_id", "=", pass.id).execute();
    await notifyChange(web.db, { kind: "access", streamId: stream.id });
    expect(await viewer.closed()).toMatchObject({ code: 4403 });
    expect(viewer.ended()).toEqual({ type: "access-ended", reason: "no_grant" });
    expect(host.isOpen()).toBe(true);
  });

  it("who holds a pass with an end is told when that is, and again when it is put off or taken away", async () => {
    const { open, stream, people, grant } = await setStage();
    const [viewer, host] = await Promise.all([open("viewer"), open("host")]);
    await Promise.all([viewer.state(), host.state()]);
    const setEnd = async (endsAt: ReturnType<typeof inFuture> | null) => {
      const row = await web.db
        .updateTable("access_grants")
        .set({ ends_at: endsAt })
        .where("id", "=", grant.id)
        .returning("ends_at")
        .executeTakeFirstOrThrow();
      await notifyChange(web.db, { kind: "person", userId: people.viewer.id });
      return row.ends_at?.toISOString() ?? null;
    };
    const ends = [await setEnd(inFuture("4 minutes"))];
    await expect.poll(() => viewer.untils().length).toBe(1);
    ends.push(await setEnd(inFuture("2 hours")));
    await expect.poll(() => viewer.untils().length).toBe(2);
    ends.push(await setEnd(null));
    await expect.poll(() => viewer.untils().length).toBe(3);
    // Said again, it is no news.
    await notifyChange(web.db, { kind: "person", userId: people.viewer.id });
    await goLive(stream.id);
    await viewer.state((state) => state.status === "live");
    expect(viewer.untils().map(({ until }) => until)).toEqual(ends);
    expect(viewer.untils()[0]!.remainingMs).toBeLessThanOrEqual(240_000);
    expect(viewer.untils()[2]!.remainingMs).toBeNull();
    expect(host.untils()).toEqual([]);
  });

  it("a revoked grant ends the page within a second, in every tab, and says why", async () => {
    const { stream, people, grant } = await setStage({ status: "live" });
    const cookies = await Promise.all([cookieOf(people.viewer.id), cookieOf(people.viewer.id)]);
    const pages = cookies.map((cookie) => web.connect({ streamId: stream.id, cookie }));
    await Promise.all(pages.map((page) => page.state()));
    await web.db
      .updateTable("access_grants")
      .set({ status: "refunded" })
      .where("id", "=", grant.id)
      .execute();
    await notifyChange(web.db, { kind: "person", userId: people.viewer.id });
    for (const page of pages) {
      expect((await page.closed(1_000)).code).toBe(4403);
      expect(page.ended()).toEqual({ type: "access-ended", reason: "grant_refunded" });
    }
  });

  it("somebody who gets a pass while the page is open is told that it opens", async () => {
    const { open, people, pass } = await setStage();
    const page = await open("stranger");
    expect((await page.state()).access).toBe("no_grant");
    await insertGrant(web.db, { passId: pass.id, userId: people.stranger.id });
    await notifyChange(web.db, { kind: "person", userId: people.stranger.id });
    expect((await page.state((state) => state.access === "yes", 1_000)).access).toBe("yes");
    expect(page.isOpen()).toBe(true);
  });

  it("access that runs out ends the page by itself at that instant, though nobody announces it", async () => {
    const { stream, space, experience } = await setStage({ status: "live" });
    const user = await insertUser(web.db);
    const cut = { spaceId: space.id, experienceIds: [experience.id], atExpiry: "cut" as const };
    const pass = await insertPass(web.db, cut);
    const startsAt = ago("1 day");
    await insertGrant(web.db, { passId: pass.id, userId: user.id, startsAt, endsAt: inFuture("2 seconds") });
    const begun = performance.now();
    const page = web.connect({ streamId: stream.id, cookie: await cookieOf(user.id) });
    expect((await page.state()).access).toBe("yes");
    const { code, at } = await page.closed(4_000);
    expect(code).toBe(4403);
    expect(at - begun).toBeGreaterThan(1_700);
    expect(at - begun).toBeLessThan(3_000);
    expect(page.ended()).toMatchObject({ reason: "grant_expired" });
  });
});

describe("faults", () => {
  it("what happened while the LISTEN connection was lost is read afterwards", async () => {
    const { open, stream } = await setStage();
    const page = await open("viewer");
    await page.state();
    const lost = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'frontrow changes' and datname = current_database()
    `.execute(web.db);
    expect(lost.rows).toHaveLength(1);
    // Nothing is announced: only reading everything again finds it.
    await sql`update streams set status = 'live', live_at = clock_timestamp() where id = ${stream.id}::uuid`.execute(
      web.db,
    );
    await page.state((state) => state.status === "live", 3_000);
    expect(page.isOpen()).toBe(true);
  });

  it("a process that stops sends its pages away to come back, and lets nobody in", async () => {
    const { stream, people } = await setStage();
    const cookie = await cookieOf(people.viewer.id);
    const other = await startPageSockets();
    // The same database, as a second web process would have it.
    await other.attached.close();
    const second = attachPageSocket(other.server, web.services);
    const page = other.connect({ streamId: stream.id, cookie });
    await page.state();
    await second.close();
    expect((await page.closed()).code).toBe(1012);
    await other.close();
  });
});
