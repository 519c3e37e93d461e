import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { claimViewerIdentity } from "#app/domain/participants/participants.ts";
import { mintTicket } from "#app/domain/participants/tickets.ts";
import { budgetOf, takeFrom } from "#app/domain/people/limits.ts";
import { countTurn, type TurnKind, turnsOf } from "#app/http/turns.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import { insertMachines, insertPeople, signIn, unique } from "#tests/factories.ts";
import { startGate } from "./gate-client.ts";
import { type LogLine, startTestWeb, type TestWeb } from "./setup.ts";

const logged: LogLine[] = [];
let web: TestWeb;
let gate: Awaited<ReturnType<typeof startGate>>;
beforeAll(async () => {
  // The address that a proxy says, so that each test has networks of its own.
  web = await startTestWeb({ logged, attach: attachPageSocket, env: { TRUSTED_PROXIES: "127.0.0.1" } });
  gate = await startGate(web.services);
});
afterAll(async () => {
  await gate.close();
  await web.close();
});

let networks = 0;
const newNetwork = () => `198.51.100.${++networks}`;
const from = (network: string) => ({ "x-forwarded-for": network });

async function useUp(kind: TurnKind, of: string) {
  for (let turn = 0; turn < turnsOf(kind).points; turn++) expect(await countTurn(kind, of)).toBeUndefined();
}

async function setStage(status: "live" | "ended" = "live") {
  const stage = await insertPeople(web.db, { status });
  const streamId = stage.stream.id;
  const browserOf = async (who: "viewer" | "moderator" | "stranger") => {
    const userId = stage.people[who].id;
    const session = await signIn(web.db, userId);
    const { sessionId } = session;
    const identity = await claimViewerIdentity(web.db, {
      ...{ streamId, userId, sessionId, tab: "tab-of-a-test" },
    });
    const mint = { ...web.services.livekit, sessionSecrets: web.services.config.sessionSecrets };
    const { token } = await mintTicket(mint, { streamId, identity, role: "viewer" });
    return { ...session, userId, token };
  };
  return { ...stage, streamId, browserOf };
}

type Asks = { cookie?: string; token?: string; network: string; origin?: string };

async function validate({ cookie, token, network, origin }: Asks) {
  const answer = await fetch(`${gate.url}/rtc/validate?protocol=15&access_token=${token ?? ""}`, {
    headers: {
      ...(origin ? { origin } : { "sec-fetch-site": "same-origin" }),
      ...(cookie && { cookie }),
      ...from(network),
    },
  });
  return { status: answer.status, text: await answer.text(), wait: answer.headers.get("retry-after") };
}

/** The answer to a wish for a web socket. */
async function upgrade(url: string, { cookie, network, origin }: Asks & { origin: string }) {
  const headers = { origin, ...(cookie && { cookie }), ...from(network) };
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  socket.on("error", () => {});
  return new Promise<{ status: number; wait: string | undefined }>((resolve) => {
    socket.on("open", () => {
      socket.close();
      resolve({ status: 101, wait: undefined });
    });
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      resolve({ status: response.statusCode ?? 0, wait: response.headers["retry-after"] });
    });
  });
}

const linesOf = (expected: Partial<LogLine>) =>
  logged.filter((line) => Object.entries(expected).every(([key, value]) => line[key] === value));

describe("a network that asks without end", () => {
  it("has its turns at the signal gate whatever cookies it makes up, and no other network waits for it (ASVS 17.3.1)", async () => {
    const { browserOf } = await setStage();
    const { cookie, token } = await browserOf("viewer");
    const [flood, honest] = [newNetwork(), newNetwork()];
    await useUp("gate.network", flood);
    const madeUp = () => `session=${randomBytes(32).toString("base64url")}`;
    for (let times = 0; times < 3; times++) {
      const refused = await validate({ cookie: madeUp(), token, network: flood });
      expect(refused).toMatchObject({ status: 429, text: "too_many" });
      expect(Number(refused.wait)).toBeGreaterThan(0);
    }
    const socket = `${gate.url}/rtc/v1?access_token=${token}`;
    const asked = await upgrade(socket, { cookie: madeUp(), network: flood, origin: gate.url });
    expect(asked).toMatchObject({ status: 429, wait: expect.stringMatching(/^[1-9]\d?$/) });
    expect(await validate({ cookie, token, network: honest })).toMatchObject({ status: 200 });
    // One line says it; a line for each would be a flood of its own.
    expect(linesOf({ event: "gate.refused", network: flood })).toMatchObject([{ reason: "too_many" }]);
  });

  it("has its turns at the page socket (ASVS 17.3.1)", async () => {
    const { browserOf, streamId } = await setStage();
    const { cookie } = await browserOf("viewer");
    const [flood, honest] = [newNetwork(), newNetwork()];
    await useUp("socket.network", flood);
    const address = `${web.url}/events?${new URLSearchParams({ stream: streamId, tab: "tab-of-a-test" })}`;
    for (let times = 0; times < 2; times++)
      expect(await upgrade(address, { cookie, network: flood, origin: web.url })).toMatchObject({
        ...{ status: 429, wait: expect.stringMatching(/^[1-9]\d?$/) },
      });
    expect(await upgrade(address, { cookie, network: honest, origin: web.url })).toMatchObject({
      status: 101,
    });
    expect(linesOf({ event: "page_socket.refused", network: flood })).toHaveLength(1);
  });

  it("has its turns for what it sends, and for recordings; others have theirs, and pages are still read", async () => {
    const { browserOf, streamId, path } = await setStage();
    const { cookie } = await browserOf("viewer");
    const [flood, honest] = [newNetwork(), newNetwork()];
    const send = (network: string) =>
      web.fetch(`${path}/ticket`, { cookie, form: { tab: "tab-of-a-test" }, headers: from(network) });
    const play = (network: string) =>
      web.fetch(`/media/${streamId}/${streamId}/index.m3u8`, { cookie, headers: from(network) });
    await useUp("sent.network", flood);
    await useUp("media.network", flood);
    for (const ask of [send, play]) {
      const refused = await ask(flood);
      expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
      expect(await refused.text()).toMatch(/Wait a little, then try again/);
    }
    expect((await send(honest)).status).toBe(200);
    expect((await play(honest)).status).toBe(404);
    expect((await web.fetch("/explore", { headers: from(flood) })).status).toBe(200);
    expect(linesOf({ event: "network.limit", network: flood })).toHaveLength(2);
  });

  it.each(["gate.network", "socket.network", "sent.network", "media.network"] as const)(
    "is counted for %s generously: thousands of one campus come in one minute",
    (kind) => {
      // A room holds some 3,000; each comes, and comes back after what was lost, several times.
      expect(turnsOf(kind).points).toBeGreaterThanOrEqual(3_000 * 10);
      expect(turnsOf(kind).duration).toBeLessThanOrEqual(60);
    },
  );
});

describe("one session, or one person", () => {
  it("has its turns at the signal gate, and the log has once who it was (ASVS 16.3.3)", async () => {
    const { browserOf } = await setStage();
    const { cookie, userId, sessionId } = await browserOf("viewer");
    const network = newNetwork();
    const most = turnsOf("gate.session").points;
    const answers = await Promise.all(
      Array.from({ length: most + 5 }, () => validate({ cookie, token: "made-up", network })),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(most);
    expect(answers.filter(({ status, wait }) => status === 429 && Number(wait) > 0)).toHaveLength(5);
    expect(linesOf({ reason: "too_many", userId, sessionId })).toHaveLength(1);
  });

  it("has its turns at the page socket", async () => {
    const { browserOf, streamId } = await setStage();
    const [eager, calm] = [await browserOf("viewer"), await browserOf("viewer")];
    await useUp("socket.session", eager.sessionId);
    const address = `${web.url}/events?${new URLSearchParams({ stream: streamId, tab: "tab-of-a-test" })}`;
    const asks = { network: newNetwork(), origin: web.url };
    expect((await upgrade(address, { ...asks, cookie: eager.cookie })).status).toBe(429);
    expect((await upgrade(address, { ...asks, cookie: calm.cookie })).status).toBe(101);
    const { userId, sessionId } = eager;
    expect(linesOf({ event: "page_socket.refused", status: 429, userId, sessionId })).toHaveLength(1);
  });

  it("has its turns for recordings", async () => {
    const { browserOf, streamId } = await setStage("ended");
    const [eager, calm] = [await browserOf("viewer"), await browserOf("viewer")];
    await useUp("media.session", eager.sessionId);
    const play = ({ cookie }: { cookie: string }) =>
      web.fetch(`/media/${streamId}/${streamId}/index.m3u8`, { cookie });
    const refused = await play(eager);
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect((await play(calm)).status).toBe(404);
  });

  it("has its turns for tickets, also with another tab each time, and no other session waits for it", async () => {
    const { browserOf, path } = await setStage();
    const [eager, calm] = [await browserOf("viewer"), await browserOf("viewer")];
    const ask = ({ cookie }: { cookie: string }) =>
      web.fetch(`${path}/ticket`, { cookie, form: { tab: unique("tab-of-a-test") } });
    const most = turnsOf("ticket.session").points;
    for (let times = 0; times < most; times++) expect((await ask(eager)).status).toBe(200);
    const refused = await ask(eager);
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect(await refused.json()).toMatchObject({ ok: false, reason: "too_fast" });
    expect((await ask(calm)).status).not.toBe(429);
  });

  it.each([
    ["claim.person", "", "You asked for passes too often."],
    ["wait.person", "/wait", "You joined and left waiting lists too often."],
  ] as const)("has its turns (%s), and reads when it has more", async (kind, more, sentence) => {
    const { people, space, pass } = await setStage();
    const ask = async (who: "stranger" | "otherOwner", cookie?: string) => {
      const session = cookie ?? (await signIn(web.db, people[who].id)).cookie;
      return web.fetch(`/${space.slug}/passes/${pass.slug}${more || "?index"}`, {
        cookie: session,
        form: {},
      });
    };
    const { cookie } = await signIn(web.db, people.stranger.id);
    for (let times = 0; times < turnsOf(kind).points; times++)
      expect([303, 409]).toContain((await ask("stranger", cookie)).status);
    // Another session of the same person has no turns of its own.
    const refused = await ask("stranger");
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    const page = await refused.text();
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain(sentence);
    expect(page).toMatch(/Try again in \d+ seconds/);
    expect((await ask("otherOwner")).status).not.toBe(429);
  });

  it("a space has its messages by hand to programs, new ones and those sent again", async () => {
    const { people, space } = await setStage();
    const { endpointId, deliveryId } = await insertMachines(web.db, {
      ...{ spaceId: space.id, actorId: people.owner.id },
    });
    const { cookie } = await signIn(web.db, people.owner.id);
    const page = `/account/space/webhooks/${endpointId}`;
    for (let taken = 0; taken < budgetOf("webhook-messages.space").points; taken++)
      expect(await takeFrom(web.db, "webhook-messages.space", space.id)).toMatchObject({ ok: true });
    const deliveries = () => web.db.selectFrom("webhook_deliveries").selectAll().orderBy("id").execute();
    const before = await deliveries();
    for (const path of [`${page}/test-message`, `${page}/deliveries/${deliveryId}/resend`]) {
      const refused = await web.fetch(path, { cookie, form: {} });
      expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
      expect(await refused.text()).toMatch(
        /^<!doctype html>.*Many messages were sent by hand just now. Try again in/is,
      );
    }
    expect(await deliveries()).toEqual(before);
  });
});

describe("a refusal at the signal gate is logged with who it was (ASVS 16.3.2, 16.3.3)", () => {
  it("where the cookie is a live session's, and as nobody's where it is not", async () => {
    const { browserOf, streamId } = await setStage();
    const [viewer, moderator] = [await browserOf("viewer"), await browserOf("moderator")];
    const { userId, sessionId, cookie } = viewer;
    const madeUp = `session=${randomBytes(32).toString("base64url")}`;
    const event = "gate.refused";
    for (const [asks, line] of [
      [{ token: "made-up" }, { status: 401, reason: "bad_token" }],
      [{}, { status: 401, reason: "no_token" }],
      [{ token: moderator.token }, { status: 403, reason: "not_yours", streamId }],
      [
        { token: viewer.token, origin: "https://evil.example" },
        { status: 403, reason: "foreign_origin" },
      ],
    ] as const) {
      for (const [with_, who] of [
        [cookie, { userId, sessionId }],
        [madeUp, { userId: undefined, sessionId: undefined }],
      ] as const) {
        const before = logged.length;
        const { status, text } = await validate({ ...asks, cookie: with_, network: newNetwork() });
        expect({ status, text }).toEqual({ status: line.status, text: line.reason });
        const said = await vi.waitFor(() => {
          const found = logged.slice(before).find((one) => one.event === event);
          expect(found).toBeDefined();
          return found!;
        });
        expect(said).toMatchObject({ ...line, ...(who.userId ? who : {}) });
        expect([said.userId, said.sessionId]).toEqual([who.userId, who.sessionId]);
      }
    }
  });
});
