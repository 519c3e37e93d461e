import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliverTo } from "#app/domain/outgoing-webhooks/deliver.ts";
import { removeMember } from "#app/domain/teams/members.ts";
import { problemKinds } from "#app/server/api/problem.ts";
import { insertMember, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { makeKey } from "./api-client.ts";
import { everything } from "./everything.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";
import { startReceiver } from "./webhook-receiver.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb({ env: { WEBHOOKS_ALLOW_PRIVATE: "1" } });
});
afterAll(() => web.close());

const { visit, post } = browse(() => web);

async function setStage() {
  const house = await insertPeople(web.db, { status: "scheduled" });
  return { ...house, cookie: (await signIn(web.db, house.people.owner.id)).cookie };
}

const secretIn = (html: string) => /value="((?:frk|whsec)_[^"]+)"/.exec(html)?.[1];
const formKey = () => randomUUID();

describe("the page of API keys", () => {
  it("makes one without scripts, shows it this once, and keeps it out of addresses and caches", async () => {
    const { cookie } = await setStage();
    const empty = await visit("/account/space/api", cookie);
    expect(empty.words).toContain("Keys that you make stand here");
    const sentKey = /name="formKey" value="([^"]+)"/.exec(empty.html)![1]!;
    const form: [string, string][] = [
      ["name", "  Shop  "],
      ["scopes", "grants:read"],
      ["scopes", "streams:read"],
      ["formKey", sentKey],
    ];
    const made = await post("/account/space/api", cookie, form);
    expect([made.status, made.location]).toEqual([200, null]);
    expect(made.headers.get("cache-control")).toContain("no-store");
    const secret = secretIn(made.html)!;
    expect(secret).toMatch(/^frk_[\w-]{43}$/);
    const called = await web.fetch("/api/v1/streams", { headers: { authorization: `Bearer ${secret}` } });
    expect(called.status).toBe(200);
    const after = await visit("/account/space/api", cookie);
    expect(after.html).not.toContain(secret);
    expect(after.words).toMatch(/Shop .*frk_.{8} ?… .*grants:read, streams:read/);
    const again = await post("/account/space/api", cookie, form);
    expect(again.status).toBe(409);
    expect(again.words).toContain("made already");
    expect(secretIn(again.html)).toBeUndefined();
  });

  it("says what is wrong beside its field, keeps what was typed, and makes nothing", async () => {
    const { cookie } = await setStage();
    const before = await everything(web.db);
    const none = await post("/account/space/api", cookie, { name: "", formKey: formKey() });
    expect(none.status).toBe(400);
    expect(none.words).toContain("The name is missing.");
    expect(none.words).toContain("Choose at least one thing that this key may do.");
    const wrong = { name: "Kept as typed", scopes: "everything:write", formKey: formKey() };
    const foreign = await post("/account/space/api", cookie, wrong);
    expect(foreign.status).toBe(400);
    expect(foreign.html).toContain('value="Kept as typed"');
    expect(foreign.words).toContain("This is not one of the choices.");
    expect(await everything(web.db)).toBe(before);
  });

  it("revokes a key after asking, and a second press ends at the same page", async () => {
    const { cookie, space, people } = await setStage();
    const { secret, keyId } = await makeKey(web.db, { spaceId: space.id, actorId: people.owner.id });
    const page = await visit(`/account/space/api/${keyId}/revocation`, cookie);
    expect(page.words).toContain("It was never used.");
    const pressed = [1, 2].map(() => post(`/account/space/api/${keyId}/revocation`, cookie, {}));
    for (const { status, location } of await Promise.all(pressed))
      expect([status, location]).toEqual([302, `/account/space/api?space=${space.slug}&revoked`]);
    const called = await web.fetch("/api/v1/streams", { headers: { authorization: `Bearer ${secret}` } });
    expect(called.status).toBe(401);
    expect((await visit(`/account/space/api/${keyId}/revocation`, cookie)).status).toBe(410);
  });

  it("says of a key of a former owner that it is revoked, and why", async () => {
    const { cookie, space, people } = await setStage();
    const leaver = await insertUser(web.db);
    const of = { spaceId: space.id, actorId: people.owner.id, userId: leaver.id };
    await insertMember(web.db, { ...of, role: "owner" });
    const { keyId } = await makeKey(web.db, { spaceId: space.id, actorId: leaver.id });
    const why = "who made it is no owner any more";
    expect((await visit("/account/space/api", cookie)).words).not.toContain(why);
    expect(await removeMember(web.db, web.services.queue, of)).toEqual({ ok: true });
    expect((await visit("/account/space/api", cookie)).words).toMatch(new RegExp(`Revoked .*: ${why}`));
    expect((await visit(`/account/space/api/${keyId}/revocation`, cookie)).status).toBe(410);
  });
});

describe("the pages of webhooks", () => {
  it("add an address, show its secret once, and tell what became of a test message", async () => {
    const { cookie, people, space } = await setStage();
    const receiver = await startReceiver();
    const form: [string, string][] = [
      ["url", receiver.url],
      ["events", "grant.created"],
      ["events", "stream.live"],
      ["formKey", formKey()],
    ];
    const added = await post("/account/space/webhooks", cookie, form);
    expect(added.status).toBe(200);
    const secret = secretIn(added.html)!;
    expect(secret).toMatch(/^whsec_/);
    expect((await post("/account/space/webhooks", cookie, form)).status).toBe(409);
    const list = await visit("/account/space/webhooks", cookie);
    expect(list.html).not.toContain(secret);
    const path = /href="(\/account\/space\/webhooks\/[0-9a-f-]{36})/.exec(list.html)![1]!;
    expect((await post(`${path}/test-message`, cookie, {})).location).toBe(`${path}?tested`);
    await deliverTo(web.services, { endpointId: path.split("/").pop()! });
    const page = await visit(path, cookie);
    expect(page.words).toMatch(/webhook\.test .*Taken \(answered 200\)/);
    const resend = /action="([^"]+\/resend)"/.exec(page.html)![1]!;
    expect((await post(resend, cookie, {})).location).toBe(`${path}?resent`);
    await deliverTo(web.services, { endpointId: path.split("/").pop()! });
    expect(receiver.received).toHaveLength(2);

    const asked = await visit(`${path}/secret`, cookie);
    const seen = /name="seen" value="([^"]+)"/.exec(asked.html)![1]!;
    const replaced = await post(`${path}/secret`, cookie, { seen });
    expect(secretIn(replaced.html)).toMatch(/^whsec_/);
    expect(secretIn(replaced.html)).not.toBe(secret);
    expect((await post(`${path}/secret`, cookie, { seen })).status).toBe(409);
    expect((await visit(path, cookie)).words).toContain("The secret before the last one signs, too, until");

    const changed = { url: `${receiver.url}?more`, events: "stream.ended" };
    expect((await post(path, cookie, changed)).location).toBe(`${path}?saved`);
    expect((await visit(path, cookie)).html).toContain(`${receiver.url}?more`);
    expect((await visit(path, cookie)).words).toContain(`It belongs to ${people.owner.email}`);
    const other = await insertUser(web.db);
    await insertMember(web.db, { spaceId: space.id, userId: other.id, role: "owner" });
    const { cookie: others } = await signIn(web.db, other.id);
    expect((await post(path, others, changed)).location).toBe(`${path}?saved`);
    expect((await visit(path, cookie)).words).toContain(`It belongs to ${other.email}`);
    expect((await post(`${path}/removal`, cookie, {})).status).toBe(302);
    expect((await visit(path, cookie)).status).toBe(404);
    await receiver.close();
  });

  it.each([
    ["", "The address is missing."],
    ["example.com", "This is not an address."],
    ["ftp://example.com", "must begin with https://"],
    ["https://user:pass@example.com/", "Leave the name and password out"],
    [`https://example.com/${"x".repeat(2000)}`, "too long"],
  ])("refuse the address %j in words, and add nothing", async (url, words) => {
    const { cookie } = await setStage();
    const before = await everything(web.db);
    const form = { url, events: "grant.created", formKey: formKey() };
    const refused = await post("/account/space/webhooks", cookie, form);
    expect(refused.status).toBe(400);
    expect(refused.words).toContain(words);
    expect(await everything(web.db)).toBe(before);
  });
});

describe("the documentation", () => {
  const run = promisify(execFile);

  it("has lines that work as they are typed, one for each verb of the API", async () => {
    const { space, people, experience } = await setStage();
    const { secret } = await makeKey(web.db, { spaceId: space.id, actorId: people.owner.id });
    const page = await visit("/api");
    expect(page.status).toBe(200);
    const blocks = [...page.html.matchAll(/<pre[^>]*><code>([\s\S]*?)<\/code><\/pre>/g)]
      .map(([, lines = ""]) =>
        lines.replaceAll("&quot;", '"').replaceAll("&#x27;", "'").replaceAll("&amp;", "&"),
      )
      .filter((lines) => lines.startsWith("curl "));
    const known: Record<string, string> = { KEY: secret, EXPERIENCE: experience.id };
    const verbs = new Set<string>();
    for (const lines of blocks) {
      const env = { ...process.env, ...known, no_proxy: "*" };
      const script = `curl() { command curl -sS -w '\\n%{http_code}' "$@"; }\nset -eu\n${lines}`;
      const { stdout } = await run("bash", ["-c", script], { env });
      const [, body = "", status = ""] = /^([\s\S]*)\n(\d+)$/.exec(stdout) ?? [];
      expect([lines, status, body]).toEqual([lines, expect.stringMatching(/^20[01]$/), body]);
      const answer = JSON.parse(body) as { id?: string; items?: unknown[] };
      const [, noun = ""] = /api\/v1\/(\w+)/.exec(lines) ?? [];
      const name = { passes: "PASS", grants: "GRANT", streams: "STREAM" }[noun]!;
      if (status === "201") known[name] = answer.id!;
      if (answer.items) expect(answer.items.length).toBeGreaterThan(0);
      const [, method = "GET"] = /^curl -X (\w+)/.exec(lines) ?? [];
      const [, path = ""] = /api\/v1(\/[^"?]*)/.exec(lines) ?? [];
      verbs.add(`${method.toLowerCase()} ${path.replace(/\$\w+/, "{id}")}`);
    }
    const file = (await (await web.fetch("/api/v1/openapi.json")).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const all = Object.entries(file.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect([...verbs, "get /grants"].sort()).toEqual(expect.arrayContaining(all.sort()));
  });

  it("explains every kind of refusal at the address that refusals name", async () => {
    const { html } = await visit("/api");
    const body = (await (await web.fetch("/api/v1/grants")).json()) as { type: string };
    expect(body.type).toBe(`${web.url}/api#unauthorized`);
    for (const [kind, { status }] of Object.entries(problemKinds)) {
      const row = new RegExp(`<tr id="${kind}">[\\s\\S]*?<td class="num">(\\d+)</td>`).exec(html);
      expect([kind, row?.[1]]).toEqual([kind, String(status)]);
    }
  });
});
