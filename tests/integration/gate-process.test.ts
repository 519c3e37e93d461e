import { request } from "node:http";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cancelGrant } from "#app/domain/grants/grants.ts";
import { sweepRoom } from "#app/domain/participants/removal.ts";
import { budgetOf } from "#app/domain/people/limits.ts";
import { markAbsentHosts } from "#app/domain/streams/host-absence.ts";
import { mintHostToken } from "#app/domain/streams/host-participants.ts";
import { takeLease } from "#app/domain/streams/lease.ts";
import { insertPeople, signIn } from "#tests/factories.ts";
import { openSignal } from "./gate-client.ts";
import { startDeployment } from "./gate-process.ts";
import { openPage } from "./page-socket-client.ts";

let site: Awaited<ReturnType<typeof startDeployment>>;
beforeAll(async () => {
  site = await startDeployment();
});
afterAll(() => site.close());

/** A live stream whose room is open, and browsers that come to it by the site's one address. */
async function setStage() {
  const { db, services, url } = site;
  const stage = await insertPeople(db, { status: "live" });
  const streamId = stage.stream.id;
  await services.livekit.openRoom(streamId, { graceSeconds: 30 });
  const browserOf = async (who: "viewer" | "moderator" | "host", tab = "tab-of-a-test") => {
    const userId = stage.people[who].id;
    const { sessionId, cookie } = await signIn(db, userId);
    const headers = { cookie, origin: url };
    return {
      ...{ userId, sessionId, cookie, streamId, tab },
      /** What the page's script asks web for before it goes to the gate. */
      ticket: async () => {
        const body = new URLSearchParams({ tab });
        const answer = await fetch(`${url}${stage.path}/ticket`, { method: "POST", headers, body });
        expect(answer.status).toBe(200);
        return (await answer.json()) as { url: string | null; token: string; identity: string };
      },
      join: (token: string, origin?: string | null) => openSignal(url, { token, cookie, origin }),
      validate: async (token: string, origin = url) => {
        const target = `${url}/rtc/validate?access_token=${token}`;
        const answer = await fetch(target, { headers: { cookie, origin } });
        return { status: answer.status, text: await answer.text() };
      },
      open: (page: "watch" | "studio" = "watch") => openPage(url, { streamId, cookie, tab, page }),
    };
  };
  const inRoom = async () =>
    ((await services.livekit.listPeople(streamId)) ?? []).map(({ identity }) => identity);
  return { ...stage, streamId, browserOf, inRoom };
}

/** Asks for a page as a browser at another address of this machine; `forwarded` is what it claims to be. */
function visitFrom(localAddress: string, url: string, forwarded?: string): Promise<number> {
  const headers = forwarded ? { "x-forwarded-for": forwarded } : {};
  return new Promise((resolve, reject) => {
    const asked = request(url, { localAddress, agent: false, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("the signal gate as a process of its own, behind one origin with web", () => {
  it("lets in who has a ticket of web's and may watch, and says so when it is asked", async () => {
    const { browserOf, inRoom } = await setStage();
    const browser = await browserOf("viewer");
    const { url, token, identity } = await browser.ticket();
    // No other address: the page's own.
    expect(url).toBeNull();
    const signal = browser.join(token);
    expect(await signal.status).toBe(101);
    await vi.waitFor(() => expect(signal.heard("join")).toBeDefined());
    expect(await inRoom()).toEqual([identity]);
    expect(await browser.validate(token)).toEqual({ status: 200, text: "success" });
    signal.socket.close();
    const other = await browserOf("moderator");
    expect(await other.join(token).status).toBe(403);
    expect(await other.validate(token)).toEqual({ status: 403, text: "not_yours" });
    // Tokens stand in its addresses, and nowhere in its log.
    expect(site.running.gate.said()).toContain("not_yours");
    expect(site.running.gate.said()).not.toContain(token.split(".")[2]);
  });

  it("refuses another site's page and a client that names no origin (ASVS 4.4.2)", async () => {
    const { browserOf, inRoom } = await setStage();
    const browser = await browserOf("viewer");
    const { token } = await browser.ticket();
    for (const origin of ["https://evil.example", null])
      expect(await browser.join(token, origin).status).toBe(403);
    expect(await browser.validate(token, "https://evil.example")).toEqual({
      status: 403,
      text: "foreign_origin",
    });
    expect(await inRoom()).toEqual([]);
  });

  it("answers at LiveKit's four addresses of signalling, and web at all that do not begin so", async () => {
    const { browserOf } = await setStage();
    const { cookie } = await browserOf("viewer");
    const ask = (path: string) => fetch(`${site.url}${path}`, { headers: { cookie, origin: site.url } });
    expect((await ask("/rtc/validate")).status).toBe(401);
    for (const path of ["/rtc/v2", "/rtcx", "/rtc/v1/validate/other"])
      expect((await ask(path)).status).toBe(404);
    expect((await ask("/twirp/livekit.RoomService/ListRooms")).status).toBe(404);
    expect((await ask("/explore")).status).toBe(200);
  });

  it("has one browser that asks too often wait, and nobody else behind the same proxy (ASVS 17.3.1)", async () => {
    const { browserOf } = await setStage();
    const [eager, calm] = [await browserOf("viewer"), await browserOf("moderator")];
    const { token } = await eager.ticket();
    const answers = await Promise.all(Array.from({ length: 65 }, () => eager.validate(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
    expect(await calm.validate((await calm.ticket()).token)).toMatchObject({ status: 200 });
  });

  it("counts each network by its own address, whatever it claims to be, and never by the proxy's", async () => {
    const [guesser, neighbour] = ["127.0.0.5", "127.0.0.6"];
    const path = `/invites/${"A".repeat(43)}`;
    const most = budgetOf("invites.network").points;
    const statuses = await Promise.all(
      Array.from({ length: most }, (_, times) =>
        // By the proxy and past it, with another name each time: all of them are the guesser's.
        visitFrom(guesser, `${times % 2 === 0 ? site.url : site.webUrl}${path}`, `203.0.113.${times}`),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([404]));
    for (const claim of [undefined, "203.0.113.200", neighbour, "127.0.0.1", `${neighbour}, 127.0.0.1`])
      for (const url of [site.url, site.webUrl])
        expect([claim, url, await visitFrom(guesser, `${url}${path}`, claim)]).toEqual([claim, url, 429]);
    expect(await visitFrom(neighbour, `${site.url}${path}`)).toBe(404);
    expect(await visitFrom("127.0.0.1", `${site.webUrl}${path}`)).toBe(404);
  });

  it("cuts the socket of who loses the pass, while web ends the page", async () => {
    const { db, services } = site;
    const { browserOf, inRoom, space, pass, grant, people } = await setStage();
    const [viewer, moderator] = [await browserOf("viewer"), await browserOf("moderator")];
    const [ticket, other] = [await viewer.ticket(), await moderator.ticket()];
    const [signal, staying] = [viewer.join(ticket.token), moderator.join(other.token)];
    expect([await signal.status, await staying.status]).toEqual([101, 101]);
    const page = viewer.open();
    await page.state(({ access }) => access === "yes");
    await vi.waitFor(async () => expect(await inRoom()).toHaveLength(2));
    const act = { spaceId: space.id, passId: pass.id, grantId: grant.id, actorId: people.owner.id };
    expect(await cancelGrant(db, services.queue, act)).toBe(true);
    await signal.closed;
    expect((await page.closed()).code).toBe(4403);
    expect(page.ended()).toMatchObject({ reason: "grant_cancelled" });
    await vi.waitFor(async () => expect(await inRoom()).toEqual([other.identity]));
    expect(await viewer.join(ticket.token).status).toBe(403);
    expect(await viewer.validate(ticket.token)).toEqual({ status: 403, text: "grant_cancelled" });
    expect(staying.isOpen()).toBe(true);
    staying.socket.close();
  });
});

describe("who is there, with the gate as a process of its own", () => {
  /** When a host's tab was last heard of, and now, by the database's clock. */
  const heardOf = async (streamId: string) =>
    (
      await sql<{ heard: Date; now: Date }>`
        select seen_at as heard, clock_timestamp() as now from stream_host_leases where stream_id = ${streamId}::uuid
      `.execute(site.db)
    ).rows[0]!;

  async function setHost(stage: Awaited<ReturnType<typeof setStage>>) {
    const { db, services } = site;
    const host = await stage.browserOf("host");
    await db.transaction().execute((trx) => takeLease(trx, host));
    const token = await mintHostToken(services, host);
    if (!token.ok) throw new Error(token.reason);
    const studio = host.open("studio");
    await studio.state(({ access }) => access === "yes");
    const signal = host.join(token.token);
    expect(await signal.status).toBe(101);
    await vi.waitFor(async () => expect(await stage.inRoom()).toContain(token.identity));
    return { ...host, ...token, studio, signal };
  }

  it("its end cuts its sockets alone and is clean: pages stay, hosts are not missed, people come back to the next one", async () => {
    const { db, services } = site;
    const stage = await setStage();
    const { streamId, browserOf } = stage;
    const host = await setHost(stage);
    const viewer = await browserOf("viewer");
    const ticket = await viewer.ticket();
    const signal = viewer.join(ticket.token);
    expect(await signal.status).toBe(101);
    const page = viewer.open();
    await page.viewers(1);
    const { now: ended } = await heardOf(streamId);
    expect(await site.running.gate.stop("SIGTERM")).toBe(0);
    await Promise.all([signal.closed, host.signal.closed]);
    expect(site.running.gate.said()).toContain("the gate is draining");
    expect(site.running.gate.said()).not.toMatch(/"level":[56]0/);
    expect(await viewer.join(ticket.token).status).toBe(502);

    // Longer than a host may be silent: web hears that host all the same.
    await expect
      .poll(async () => (await heardOf(streamId)).heard.getTime() - ended.getTime(), { timeout: 15_000 })
      .toBeGreaterThan(6_000);
    expect(await markAbsentHosts(db, services.livekit)).not.toContain(streamId);
    expect([page.isOpen(), host.studio.isOpen()]).toEqual([true, true]);
    expect(page.messages.findLast(({ type }) => type === "viewers")).toMatchObject({ now: 1 });

    await site.restart("gate");
    const back = viewer.join(ticket.token);
    expect(await back.status).toBe(101);
    for (const { socket } of [back, page, host.studio]) socket.close();
  });

  it("a host is missed when web hears nothing of the studio, though the gate has its socket, and then leaves the room", async () => {
    const { db, services } = site;
    const stage = await setStage();
    const host = await setHost(stage);
    host.studio.socket.close();
    await expect
      .poll(() => markAbsentHosts(db, services.livekit), { timeout: 25_000, interval: 500 })
      .toContain(stage.streamId);
    await vi.waitFor(async () => expect(await stage.inRoom()).not.toContain(host.identity));
    host.signal.socket.close();
  });

  it("a host is not missed while web is away and the gate has their socket", async () => {
    const { db, services } = site;
    const stage = await setStage();
    const host = await setHost(stage);
    expect(await site.running.web.stop("SIGKILL")).toBeNull();
    await sql`update stream_host_watch set seen_at = now() - interval '6 seconds'`.execute(db);
    expect(await markAbsentHosts(db, services.livekit)).not.toContain(stage.streamId);
    expect(host.signal.isOpen()).toBe(true);
    host.signal.socket.close();
    // Whoever is in no room either is.
    await services.livekit.removePerson(stage.streamId, host.identity);
    await sql`update stream_host_watch set seen_at = now() - interval '6 seconds'`.execute(db);
    expect(await markAbsentHosts(db, services.livekit)).toContain(stage.streamId);
    await site.restart("web");
  });

  it("media without a socket is taken out while the gate is there, and nobody is once it is away", async () => {
    const { db, services } = site;
    const stage = await setStage();
    const { streamId, browserOf } = stage;
    const [here, without] = [await browserOf("viewer"), await browserOf("moderator")];
    const [mine, theirs] = [await here.ticket(), await without.ticket()];
    const signal = here.join(mine.token);
    expect(await signal.status).toBe(101);
    const removed: string[] = [];
    // What LiveKit would answer, were both there.
    const people = [mine, theirs].map(({ identity }) => ({ identity, recorder: false }));
    const livekit = {
      ...services.livekit,
      listPeople: () => Promise.resolve(people as never),
      removePerson: (_: string, identity: string) => Promise.resolve(void removed.push(identity)),
    };
    const sweep = async () => {
      removed.length = 0;
      await sweepRoom({ db, livekit }, { streamId, gated: true });
      return [...removed];
    };
    /** As if all of this had been two minutes ago. */
    const setBack = async () => {
      await sql`
        update stream_participants set asked_at = now() - interval '2 minutes', signal_seen_at = now() - interval '2 minutes'
        where stream_id = ${streamId}::uuid
      `.execute(db);
      await sql`update signal_gate_watch set since = now() - interval '2 minutes'`.execute(db);
    };
    await setBack();
    await expect.poll(sweep, { timeout: 15_000, interval: 250 }).toEqual([theirs.identity]);

    // Web has a gate of its own, to which nobody comes: it does not speak for the one that is away.
    await site.running.gate.stop("SIGKILL");
    await signal.closed;
    await setBack();
    expect((await sweep()).sort()).toEqual([mine.identity, theirs.identity].sort());
    await expect.poll(sweep, { timeout: 30_000, interval: 500 }).toEqual([]);
    await site.restart("gate");
  });
});
