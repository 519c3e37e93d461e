import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { sql } from "kysely";
import { AccessToken } from "livekit-server-sdk";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { cancelGrant } from "#app/domain/grants/grants.ts";
import { claimViewerIdentity } from "#app/domain/participants/participants.ts";
import { mintTicket } from "#app/domain/participants/tickets.ts";
import { endSession } from "#app/domain/people/sessions.ts";
import { changeRole } from "#app/domain/teams/members.ts";
import { takeLease } from "#app/domain/streams/lease.ts";
import { mintHostToken } from "#app/domain/streams/host-participants.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { createLiveKit } from "#app/services/livekit.ts";
import { openDatabase } from "#db/client.ts";
import { ago, inFuture, insertPeople, signIn } from "#tests/factories.ts";
import { startLine } from "./database-line.ts";
import { startGate } from "./gate-client.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startGate>>;
beforeAll(async () => {
  test = await openTestServices();
  web = await startGate(test.services);
});
afterAll(async () => {
  await web.close();
  await test.close();
});

type People = Awaited<ReturnType<typeof insertPeople>>["people"];
type Who = Exclude<keyof People, "nobody">;

/** A live stream with its room at LiveKit, and what everybody's browser would have in its hands. */
async function setStage(status: "live" | "rehearsal" | "ended" = "live") {
  const { db, services } = test;
  const stage = await insertPeople(db, { status });
  const streamId = stage.stream.id;
  await services.livekit.openRoom(streamId, { graceSeconds: 30 });
  /** A signed-in browser whose tab has an identity, and a ticket for it, whatever the decision says. */
  const browserOf = async (who: Who, tab = "tab-of-a-test") => {
    const userId = stage.people[who].id;
    const { sessionId, cookie } = await signIn(db, userId);
    const identity = await claimViewerIdentity(db, { streamId, userId, sessionId, tab });
    const { token } = await mintTicket(mint(), { streamId, identity, role: "viewer" });
    return { userId, sessionId, cookie, identity, token };
  };
  const cancel = () =>
    cancelGrant(db, services.queue, {
      spaceId: stage.space.id,
      passId: stage.pass.id,
      grantId: stage.grant.id,
      actorId: stage.people.owner.id,
    });
  const inRoom = async () =>
    ((await services.livekit.listPeople(streamId)) ?? []).map(({ identity }) => identity);
  return { ...stage, streamId, browserOf, cancel, inRoom };
}

const mint = () => ({ ...test.services.livekit, sessionSecrets: test.services.config.sessionSecrets });

describe("who is let in", () => {
  it("a viewer, a moderator and a host are, and LiveKit has them join", async () => {
    const { browserOf, inRoom } = await setStage();
    for (const who of ["viewer", "moderator", "host"] as const) {
      const browser = await browserOf(who);
      const signal = web.connect(browser);
      expect(await signal.status).toBe(101);
      await vi.waitFor(() => expect(signal.heard("join")).toBeDefined());
      expect(await inRoom()).toContain(browser.identity);
      expect(await web.validate(browser)).toEqual({ status: 200, text: "success" });
      signal.socket.close();
    }
  });

  it.each(["stranger", "ended", "banned", "otherOwner"] as const)(
    "a browser of %s is not, though it has an identity and a ticket",
    async (who) => {
      const { browserOf, inRoom } = await setStage();
      const browser = await browserOf(who);
      expect(await web.connect(browser).status).toBe(403);
      const reason = {
        stranger: "no_grant",
        ended: "grant_expired",
        banned: "banned",
        otherOwner: "no_grant",
      };
      expect(await web.validate(browser)).toEqual({ status: 403, text: reason[who] });
      expect(await inRoom()).toEqual([]);
    },
  );

  it("nobody is without a session, nor with one that has ended", async () => {
    const { browserOf } = await setStage();
    const browser = await browserOf("viewer");
    expect(await web.connect({ token: browser.token }).status).toBe(401);
    await endSession(test.db, test.services.queue, browser);
    expect(await web.connect(browser).status).toBe(403);
  });

  it("nobody comes in with somebody else's ticket, nor with that of another browser of their own", async () => {
    const { browserOf, inRoom } = await setStage();
    const [viewer, again, moderator] = [
      await browserOf("viewer"),
      await browserOf("viewer"),
      await browserOf("moderator"),
    ];
    for (const [mine, theirs] of [
      [viewer, moderator],
      [moderator, viewer],
      [viewer, again],
    ] as const) {
      expect(await web.connect({ cookie: mine.cookie, token: theirs.token }).status).toBe(403);
      expect(await web.validate({ cookie: mine.cookie, token: theirs.token })).toEqual({
        status: 403,
        text: "not_yours",
      });
    }
    expect(await inRoom()).toEqual([]);
  });

  it("a viewer is not before the stream is live, while the team is in rehearsal, nor after its end", async () => {
    for (const status of ["rehearsal", "ended"] as const) {
      const { browserOf } = await setStage(status);
      expect(await web.validate(await browserOf("viewer"))).toEqual({ status: 403, text: "not_live" });
    }
    const { browserOf } = await setStage("rehearsal");
    expect(await web.connect(await browserOf("moderator")).status).toBe(101);
  });

  it("of two hosts only the one with the lease is", async () => {
    const { db, services } = test;
    const { streamId, people } = await setStage();
    const hosts = await Promise.all(
      ([people.host, people.owner] as const).map(async ({ id: userId }) => {
        const { sessionId, cookie } = await signIn(db, userId);
        return { streamId, userId, sessionId, cookie, tab: "tab-of-a-host" };
      }),
    );
    const [first, second] = hosts as [(typeof hosts)[0], (typeof hosts)[0]];
    await db.transaction().execute((trx) => takeLease(trx, first));
    const before = await mintHostToken(services, first);
    if (!before.ok) throw new Error(before.reason);
    const signal = web.connect({ cookie: first.cookie, token: before.token });
    expect(await signal.status).toBe(101);
    await db.transaction().execute((trx) => takeLease(trx, second, { takeOver: true }));
    await signal.closed;
    expect(await web.validate({ cookie: first.cookie, token: before.token })).toEqual({
      status: 403,
      text: "not_the_host",
    });
    const after = await mintHostToken(services, second);
    if (!after.ok) throw new Error(after.reason);
    expect(await web.connect({ cookie: second.cookie, token: after.token }).status).toBe(101);
  });

  it("a host who becomes a moderator is not any more, though nobody else has the lease", async () => {
    const { db, services } = test;
    const { streamId, people, space } = await setStage();
    const { sessionId, cookie } = await signIn(db, people.host.id);
    const host = { streamId, userId: people.host.id, sessionId, tab: "tab-of-a-host" };
    await db.transaction().execute((trx) => takeLease(trx, host));
    const ticket = await mintHostToken(services, host);
    if (!ticket.ok) throw new Error(ticket.reason);
    const signal = web.connect({ cookie, token: ticket.token });
    expect(await signal.status).toBe(101);
    const change = { spaceId: space.id, actorId: people.owner.id, userId: people.host.id };
    // Without a worker: the gate alone.
    expect(await changeRole(db, services.queue, { ...change, role: "moderator" })).toEqual({ ok: true });
    await signal.closed;
    expect(await web.validate({ cookie, token: ticket.token })).toEqual({
      status: 403,
      text: "not_the_host",
    });
  });

  it("another site's page is not, nor a client that names no origin (ASVS 4.4.2)", async () => {
    const { browserOf } = await setStage();
    const browser = await browserOf("viewer");
    expect(await web.connect({ ...browser, origin: "https://evil.example" }).status).toBe(403);
    expect(await web.connect({ ...browser, origin: null }).status).toBe(403);
    expect(await web.validate({ ...browser, origin: "https://evil.example" })).toMatchObject({ status: 403 });
  });
});

describe("which tokens count", () => {
  it("the one that LiveKit gave while one was in does, for as long as the decision says yes", async () => {
    const { browserOf, cancel } = await setStage();
    const browser = await browserOf("viewer");
    const signal = web.connect(browser);
    const refreshed = await vi.waitFor(() => {
      const said = signal.heard("refreshToken")?.message.value;
      expect(said).toBeDefined();
      return said as string;
    });
    const back = web.connect({ cookie: browser.cookie, token: refreshed });
    expect(await back.status).toBe(101);
    await cancel();
    await back.closed;
    expect(await web.validate({ cookie: browser.cookie, token: refreshed })).toEqual({
      status: 403,
      text: "grant_cancelled",
    });
  });

  it("one that nobody of us made does not, nor one for another purpose, nor one that is too old (ASVS 9.1.2, 9.2.1 to 9.2.4)", async () => {
    const { streamId, browserOf } = await setStage();
    const { identity, cookie } = await browserOf("viewer");
    const { config } = test.services;
    const grant = { room: streamId, roomJoin: true };
    const forged = new AccessToken(config.livekit.apiKey, "not-our-secret-but-long-enough", { identity });
    forged.addGrant(grant);
    const old = new AccessToken(config.livekit.apiKey, config.livekit.apiSecret, { identity, ttl: -60 });
    old.addGrant(grant);
    const lists = new AccessToken(config.livekit.apiKey, config.livekit.apiSecret, { identity });
    lists.addGrant({ roomList: true });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(
      JSON.stringify({ sub: identity, video: grant, iss: config.livekit.apiKey, exp: 9_999_999_999 }),
    ).toString("base64url")}.`;
    const foreign = await mintTicket(
      { ...mint(), sessionSecrets: ["a-secret-of-somebody-else"] },
      { streamId, identity, role: "viewer" },
    );
    for (const token of [
      await forged.toJwt(),
      await old.toJwt(),
      await lists.toJwt(),
      unsigned,
      foreign.token,
      "x",
    ])
      expect(await web.validate({ cookie, token })).toEqual({ status: 401, text: "bad_token" });
    expect(await web.validate({ cookie, token: "" })).toEqual({ status: 401, text: "no_token" });
  });

  it("a second one in the header is not looked over: two that differ are none", async () => {
    const { browserOf } = await setStage();
    const [mine, theirs] = [await browserOf("viewer"), await browserOf("moderator")];
    expect(await web.connect({ ...mine, authorization: `Bearer ${theirs.token}` }).status).toBe(401);
    expect(await web.validate({ ...mine, authorization: `Bearer ${theirs.token}` })).toMatchObject({
      status: 401,
    });
    expect(await web.connect({ ...mine, authorization: `Bearer ${mine.token}` }).status).toBe(101);
  });

  it("a ticket opens LiveKit itself for nobody", async () => {
    const { browserOf } = await setStage();
    const { token } = await browserOf("viewer");
    expect(await test.services.livekit.readToken(token)).toBeUndefined();
    const { url } = test.services.config.livekit;
    expect((await fetch(`${url}/rtc/validate?access_token=${token}`)).status).toBe(401);
  });
});

describe("which addresses are passed on", () => {
  it.each([
    "/twirp/livekit.RoomService/ListRooms",
    "/whip/v1",
    "/agent",
    "/rtc/v2",
    "/rtcx",
    "/rtc/v1/other",
  ])("%s is not", async (path) => {
    const { browserOf } = await setStage();
    const browser = await browserOf("viewer");
    expect(await web.connect({ ...browser, path }).status).toBe(404);
    const headers = { cookie: browser.cookie, origin: web.url };
    for (const method of ["GET", "POST"]) {
      const response = await fetch(`${web.url}${path}?access_token=${browser.token}`, { method, headers });
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("Cannot");
    }
  });

  it("a page's request for a socket's address is told what it is", async () => {
    expect((await fetch(`${web.url}/rtc`)).status).toBe(426);
    expect((await fetch(`${web.url}/rtc/v1`, { method: "POST" })).status).toBe(405);
  });
});

describe("when the answer changes", () => {
  it("a grant that is taken back ends every tab's socket and takes each out of the room (ASVS 8.3.2)", async () => {
    const { browserOf, cancel, inRoom } = await setStage();
    const other = await browserOf("moderator");
    const tabs = [await browserOf("viewer"), await browserOf("viewer", "another-tab-of-it")];
    const signals = tabs.map((tab) => web.connect(tab));
    const staying = web.connect(other);
    await vi.waitFor(async () => expect(await inRoom()).toHaveLength(3));
    await cancel();
    await Promise.all(signals.map(({ closed }) => closed));
    await vi.waitFor(async () => expect(await inRoom()).toEqual([other.identity]));
    expect(staying.isOpen()).toBe(true);
    for (const tab of tabs) expect(await web.validate(tab)).toEqual({ status: 403, text: "grant_cancelled" });
  });

  it("an end of the stream cuts who stays behind when the room was not taken away", async () => {
    const { browserOf, streamId } = await setStage();
    const signal = web.connect(await browserOf("viewer"));
    expect(await signal.status).toBe(101);
    await sql`update streams set status = 'ended', ended_at = now(), ended_reason = 'host' where id = ${streamId}::uuid`.execute(
      test.db,
    );
    await notifyChange(test.db, { kind: "stream", streamId });
    await signal.closed;
  });

  it("an end of the session ends its socket, and that of no other browser of the same person", async () => {
    const { browserOf } = await setStage();
    const [one, two] = [await browserOf("viewer"), await browserOf("viewer")];
    const [first, second] = [web.connect(one), web.connect(two)];
    expect([await first.status, await second.status]).toEqual([101, 101]);
    await endSession(test.db, test.services.queue, one);
    await first.closed;
    expect(second.isOpen()).toBe(true);
  });

  it("an end that was set beforehand needs nobody to tell it, and one that was put off is none", async () => {
    const { db } = test;
    const { grant, browserOf, inRoom, people } = await setStage();
    await sql`update access_passes set at_expiry = 'cut' where id in (select access_pass_id from access_grants where id = ${grant.id}::uuid)`.execute(
      db,
    );
    await setEnd(grant.id, "2 seconds");
    const signal = web.connect(await browserOf("viewer"));
    expect(await signal.status).toBe(101);
    await setEnd(grant.id, "4 seconds");
    await notifyChange(db, { kind: "person", userId: people.viewer.id });
    const begun = performance.now();
    await signal.closed;
    expect(performance.now() - begun).toBeGreaterThan(2_500);
    await vi.waitFor(async () => expect(await inRoom()).toEqual([]));
  });

  const setEnd = (grantId: string, after: string) =>
    test.db
      .updateTable("access_grants")
      .set({ ends_at: inFuture(after), starts_at: ago("1 hour") })
      .where("id", "=", grantId)
      .execute();

  it("a socket that is still on its way is ended as well", async () => {
    const { browserOf, cancel } = await setStage();
    const slow = await startSilentServer();
    const config = { ...test.services.config, livekit: { ...test.services.config.livekit, url: slow.url } };
    const waiting = await startGate(test.services, { config });
    const signal = waiting.connect(await browserOf("viewer"));
    await vi.waitFor(() => expect(slow.connections()).toBe(1));
    await cancel();
    expect(await signal.status).toBe(0);
    await vi.waitFor(() => expect(slow.connections()).toBe(0));
    await waiting.close();
    await slow.close();
  });
});

describe("when something is away", () => {
  it("nobody new comes in without the database, and who is in stays, but for whose own time ends (ASVS 16.5.3)", async () => {
    const { grant, browserOf, streamId, pass } = await setStage();
    await sql`update access_passes set at_expiry = 'cut' where id = ${pass.id}::uuid`.execute(test.db);
    await test.db
      .updateTable("access_grants")
      .set({ ends_at: inFuture("3 seconds"), starts_at: ago("1 hour") })
      .where("id", "=", grant.id)
      .execute();
    const line = await startLine(test.services.config.databaseUrl);
    const db = openDatabase(line.url);
    const config = { ...test.services.config, databaseUrl: line.url };
    const cut = await startGate(test.services, { db, config });
    const [viewer, moderator] = [await browserOf("viewer"), await browserOf("moderator")];
    const [ending, staying] = [cut.connect(viewer), cut.connect(moderator)];
    expect([await ending.status, await staying.status]).toEqual([101, 101]);
    line.cut();
    expect(await cut.validate(moderator)).toEqual({ status: 503, text: "unavailable" });
    expect(await cut.connect(moderator).status).toBe(503);
    await ending.closed;
    expect(staying.isOpen()).toBe(true);
    await vi.waitFor(async () =>
      expect((await test.services.livekit.listPeople(streamId))?.map(({ identity }) => identity)).toEqual([
        moderator.identity,
      ]),
    );
    await cut.close();
    await db.destroy();
    await line.close();
  });

  it("LiveKit: 503, so that clients come back", async () => {
    const { browserOf } = await setStage();
    const nowhere = { ...test.services.config.livekit, url: "http://127.0.0.1:9" };
    const config = { ...test.services.config, livekit: nowhere };
    const away = await startGate(test.services, { config, livekit: createLiveKit(nowhere) });
    const browser = await browserOf("viewer");
    expect(await away.connect(browser).status).toBe(503);
    expect(await away.validate(browser)).toEqual({ status: 503, text: "unavailable" });
    await away.close();
  });

  it("a room that LiveKit has lost is made again for who comes, and not for who may not", async () => {
    const { browserOf, streamId, inRoom } = await setStage();
    const [viewer, stranger] = [await browserOf("viewer"), await browserOf("stranger")];
    await test.services.livekit.closeRoom(streamId);
    expect(await web.connect(stranger).status).toBe(403);
    expect(await test.services.livekit.listPeople(streamId)).toBeUndefined();
    const signal = web.connect(viewer);
    expect(await signal.status).toBe(101);
    await vi.waitFor(async () => expect(await inRoom()).toEqual([viewer.identity]));
  });

  it("nor is the room of a stream that ended while somebody was coming", async () => {
    const { browserOf, streamId } = await setStage();
    const viewer = await browserOf("viewer");
    await test.services.livekit.closeRoom(streamId);
    // LiveKit, as it is asked for the room: the stream ends before it has said that there is none.
    const { livekit } = test.services;
    const mintToken: typeof livekit.mintToken = async (grant) => {
      await sql`update streams set status = 'ended', ended_at = now(), ended_reason = 'host' where id = ${streamId}::uuid`.execute(
        test.db,
      );
      return livekit.mintToken(grant);
    };
    const gate = await startGate(test.services, { livekit: { ...livekit, mintToken } });
    expect(await gate.connect(viewer).status).toBe(403);
    expect(await livekit.listPeople(streamId)).toBeUndefined();
    await gate.close();
  });
});

it("a browser that opens more sockets than a person has tabs is asked to come back later (ASVS 17.3.1)", async () => {
  const { browserOf } = await setStage();
  const browser = await browserOf("viewer");
  const answers = await Promise.all(Array.from({ length: 70 }, () => web.validate(browser)));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(60);
  expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  const other = await browserOf("viewer");
  expect(await web.validate(other)).toMatchObject({ status: 200 });
});

describe("a flood", () => {
  /** A gate before a server that consents to every web socket and swallows what comes: what is cut is cut by the gate. */
  async function startGateBeforeSink() {
    const sink = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(sink, "listening");
    const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
    const config = { ...test.services.config, livekit: { ...test.services.config.livekit, url } };
    const gate = await startGate(test.services, { config });
    const close = async () => {
      await gate.close();
      for (const client of sink.clients) client.terminate();
      sink.close();
    };
    return { ...gate, sink, close };
  }

  it("of bytes ends the socket that it comes through, and no other one (ASVS 17.3.1)", async () => {
    const { browserOf } = await setStage();
    const gate = await startGateBeforeSink();
    const [flooding, quiet] = [
      gate.connect(await browserOf("viewer")),
      gate.connect(await browserOf("moderator")),
    ];
    expect([await flooding.status, await quiet.status]).toEqual([101, 101]);
    quiet.socket.send(Buffer.alloc(50 * 1024));
    flooding.socket.send(Buffer.alloc(1024 * 1024));
    await flooding.closed;
    await vi.waitFor(() => expect(gate.sink.clients.size).toBe(1));
    expect(quiet.isOpen()).toBe(true);
    const [upstream] = gate.sink.clients;
    quiet.socket.send("still here");
    expect(String((await once(upstream!, "message"))[0])).toBe("still here");
    await gate.close();
  });

  it("of sockets of one session is refused after the twentieth, and no other session is (ASVS 17.3.1)", async () => {
    const { browserOf } = await setStage();
    const gate = await startGateBeforeSink();
    const browser = await browserOf("viewer");
    for (let socket = 0; socket < 20; socket++) expect(await gate.connect(browser).status).toBe(101);
    expect(await gate.connect(browser).status).toBe(429);
    expect(await gate.connect(await browserOf("viewer")).status).toBe(101);
    await gate.close();
  });
});

/** Takes connections and says nothing. */
async function startSilentServer() {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => open.size,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
