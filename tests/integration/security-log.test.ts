import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { insertKey } from "#app/domain/api-keys/keys.ts";
import { takeFrom } from "#app/domain/people/limits.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import { insertPeople, insertUser, signIn, unique } from "#tests/factories.ts";
import { codeIn, openHttpBrowser, otherCode } from "#tests/http-browser.ts";
import { startGate } from "./gate-client.ts";
import { openPage } from "./page-socket-client.ts";
import { type LogLine, startTestWeb, type TestWeb } from "./setup.ts";

const logged: LogLine[] = [];
let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb({ logged, attach: attachPageSocket });
});
afterAll(() => web.close());

/** What is logged while `act` runs. A line about a request is written when its answer is on its way. */
async function logOf(act: () => Promise<unknown>, expected: Record<string, unknown>): Promise<LogLine> {
  const before = logged.length;
  await act();
  return vi.waitFor(() => {
    const line = logged.slice(before).find((one) => matches(one, expected));
    expect(line, JSON.stringify(logged.slice(before))).toBeDefined();
    return line!;
  });
}

const matches = (line: LogLine, expected: Record<string, unknown>) =>
  Object.entries(expected).every(([key, value]) => line[key] === value);

const everything = () => logged.map((line) => JSON.stringify(line)).join("\n");

async function askForCode() {
  const email = `${unique("person")}@example.com`;
  const browser = openHttpBrowser(web.url);
  await browser.post("/sign-in?index", { email });
  const letter = await vi.waitFor(() => {
    const found = web.letters.find(({ to }) => to.includes(email));
    expect(found).toBeDefined();
    return found!;
  });
  return { email, browser, code: codeIn(letter.raw)! };
}

describe("signing in and out", () => {
  it("is logged when it works and when it does not, with who and from where, and without what opens anything (ASVS 16.3.1)", async () => {
    const { email, browser, code } = await askForCode();
    const wrong = await logOf(() => browser.post("/sign-in/code", { code: otherCode(code) }), {
      event: "sign_in.failed",
    });
    expect(wrong).toMatchObject({ reason: "wrong", network: "127.0.0.1", codeId: expect.any(String) });

    const right = await logOf(() => browser.post("/sign-in/code", { code }), { event: "sign_in.ok" });
    expect(right).toMatchObject({
      ...{ network: "127.0.0.1", first: true, time: expect.stringMatching(/^\d{4}-.*Z$/) },
      ...{ userId: expect.any(String), sessionId: expect.any(String), requestId: expect.any(String) },
    });
    const { userId, sessionId } = right;
    const token = browser.cookies.get("session")!;
    await logOf(() => browser.post("/sign-out", {}), { event: "sign_out", userId, sessionId });
    const without = openHttpBrowser(web.url);
    await logOf(() => without.post("/sign-in/code", { code }), {
      event: "sign_in.failed",
      reason: "no_code",
    });
    for (const secret of [code, otherCode(code), token, email, browser.cookies.get("browser")!])
      expect(everything()).not.toContain(secret);
  });

  it("of an account that is switched off is logged (ASVS 16.3.1)", async () => {
    const { email, browser, code } = await askForCode();
    const user = await insertUser(web.db, { email });
    await web.db.updateTable("users").set({ disabled_at: new Date() }).where("id", "=", user.id).execute();
    await logOf(() => browser.post("/sign-in/code", { code }), {
      ...{ event: "sign_in.failed", reason: "account_disabled", userId: user.id },
    });
  });

  it("ending other sessions is logged (ASVS 16.3.1)", async () => {
    const user = await insertUser(web.db);
    const [here, there] = [await signIn(web.db, user.id), await signIn(web.db, user.id)];
    const post = (target: string, form: Record<string, string>) =>
      web.fetch(target, { cookie: here.cookie, form });
    await logOf(() => post("/account/sessions?index", { session: there.sessionId }), {
      ...{ event: "session.ended", userId: user.id, sessionId: there.sessionId },
    });
    await signIn(web.db, user.id);
    await logOf(() => post("/account/sessions/others", {}), {
      ...{ event: "session.others_ended", userId: user.id, count: 1 },
    });
  });
});

describe("what somebody may not have", () => {
  it("is logged with who asked for it: pages of other spaces, or for other roles (ASVS 16.3.2)", async () => {
    const { people, pass } = await insertPeople(web.db);
    for (const [who, path, status] of [
      ["otherOwner", `/account/passes/${pass.id}`, 404],
      ["moderator", `/account/passes/${pass.id}`, 403],
    ] as const) {
      const { cookie } = await signIn(web.db, people[who].id);
      const line = await logOf(() => web.fetch(`${path}?secret=of-the-query`, { cookie }), {
        ...{ event: "request.refused", path, status, method: "GET", userId: people[who].id },
      });
      expect(line).toMatchObject({ requestId: expect.any(String), networkAddress: "127.0.0.1" });
    }
    expect(everything()).not.toContain("of-the-query");
  });

  it("is logged: a chat and a recording of a stream that is not theirs (ASVS 16.3.2)", async () => {
    const { people, path, stream } = await insertPeople(web.db);
    const { cookie } = await signIn(web.db, people.stranger.id);
    for (const address of [`${path}/chat`, `/media/${stream.id}/${stream.id}/index.m3u8`])
      await logOf(() => web.fetch(address, { cookie }), {
        ...{ event: "request.refused", status: 403, path: address, userId: people.stranger.id },
      });
  });

  it("is logged: programs without a key, and with one whose scope is another (ASVS 16.3.2)", async () => {
    const { people, space } = await insertPeople(web.db);
    const made = await insertKey(web.db, {
      ...{ spaceId: space.id, actorId: people.owner.id, formKey: crypto.randomUUID() },
      ...{ name: "A key", scopes: ["grants:read"] },
    });
    if (!made.ok) throw new Error(made.reason);
    const call = (secret: string) =>
      web.fetch("/api/v1/streams", { headers: { authorization: `Bearer ${secret}` } });
    const path = "/api/v1/streams";
    const secret = `frk_${"a".repeat(43)}`;
    await logOf(() => call(secret), { event: "request.refused", status: 401, path });
    await logOf(() => call(made.secret), { event: "request.refused", status: 403, path, keyId: made.keyId });
    for (const told of [secret, made.secret]) expect(everything()).not.toContain(told);
  });

  it("is not logged for nobody who asks for what is not there", async () => {
    const before = logged.length;
    expect((await web.fetch("/no-such-space-of-anybody")).status).toBe(404);
    await logOf(() => web.fetch("/account?index", { form: { name: "" }, headers: { origin: "null" } }), {
      event: "request.refused",
    });
    expect(logged.slice(before).map(({ status }) => status)).toEqual([403]);
  });
});

describe("an attempt to come round a rule", () => {
  it("is logged: forms and web sockets of another site (ASVS 16.3.3)", async () => {
    const { people, stream } = await insertPeople(web.db);
    const { cookie } = await signIn(web.db, people.viewer.id);
    const origin = "https://evil.example";
    await logOf(() => web.fetch("/account?index", { cookie, form: { name: "X" }, headers: { origin } }), {
      ...{ event: "request.refused", status: 403, path: "/account", method: "POST" },
    });
    await logOf(() => openPage(web.url, { streamId: stream.id, cookie, origin }).status, {
      ...{ event: "page_socket.refused", status: 403 },
    });
  });

  it("is logged: webhooks that are forged (ASVS 16.3.3)", async () => {
    for (const provider of ["livekit", "chat", "mail"])
      await logOf(() => web.fetch(`/webhooks/${provider}`, { method: "POST", body: "{}" }), {
        ...{ provider, msg: "a webhook without a valid signature was refused" },
      });
  });

  it("is logged: more codes than one network may ask for (ASVS 16.3.3)", async () => {
    for (let taken = 0; taken < 100; taken++) await takeFrom(web.db, "codes.network", "127.0.0.1");
    const browser = openHttpBrowser(web.url);
    const email = `${unique("person")}@example.com`;
    await logOf(() => browser.post("/sign-in?index", { email }), {
      ...{ event: "sign_in.limit", network: "127.0.0.1" },
    });
  });

  it("is logged: tokens at the signal gate that are none, and more tries than a page makes (ASVS 16.3.3)", async () => {
    const gate = await startGate(web.services);
    const { people } = await insertPeople(web.db);
    const { cookie } = await signIn(web.db, people.viewer.id);
    await logOf(() => gate.validate({ cookie, token: "made-up" }), {
      ...{ event: "gate.refused", status: 401, reason: "bad_token" },
    });
    const many = () =>
      Promise.all(Array.from({ length: 60 }, () => gate.validate({ cookie, token: "made-up" })));
    await logOf(many, { event: "gate.refused", status: 429, reason: "too_many" });
    expect(everything()).not.toContain("made-up");
    await gate.close();
  });
});

it("a form that is sent to a page that takes none is refused, and no failure of ours", async () => {
  const before = logged.length;
  const asked = { "/explore": 405, "/whip/v1": 405, "/twirp/livekit.RoomService/ListRooms": 404 };
  for (const [address, status] of Object.entries(asked)) {
    const answer = await openHttpBrowser(web.url).post(address, { a: "b" });
    expect([address, answer.status]).toEqual([address, status]);
  }
  // What is logged later stands behind them.
  await logOf(() => web.fetch("/webhooks/livekit", { method: "POST", body: "{}" }), { provider: "livekit" });
  expect(logged.slice(before).filter(({ msg }) => msg === "page failed")).toEqual([]);
});
