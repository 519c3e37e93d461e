import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { revokeKey } from "#app/domain/api-keys/keys.ts";
import { scopes } from "#app/domain/api-keys/scopes.ts";
import { eventTypes } from "#app/domain/outgoing-webhooks/event-types.ts";
import { findPassPage } from "#app/domain/passes/public.ts";
import { deleteOld } from "#app/domain/retention/retention.ts";
import { apiRouter, operations } from "#app/server/api/router.ts";
import { ago, insertGrant, insertPass, insertPeople, insertUser, signIn, unique } from "#tests/factories.ts";
import { type Called, makeKey, openApiClient } from "./api-client.ts";
import { everything } from "./everything.ts";
import { startMachinesWeb } from "./machines-web.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
let web: Awaited<ReturnType<typeof startMachinesWeb>>;
let api: Awaited<ReturnType<typeof openApiClient>>;
beforeAll(async () => {
  test = await openTestServices();
  web = await startMachinesWeb(test.services);
  api = await openApiClient(web.url);
});
afterAll(async () => {
  await web.close();
  await test.close();
});

async function setStage() {
  const house = await insertPeople(test.db, { status: "scheduled" });
  const owner = { spaceId: house.space.id, actorId: house.people.owner.id };
  const { secret: key, keyId } = await makeKey(test.db, owner);
  return { ...house, owner, key, keyId };
}

/** Calls, and sees that nothing of all that there is has changed. */
async function refused(call: () => Promise<Called>): Promise<Called> {
  await sql`delete from rate_limits`.execute(test.db);
  const before = await everything(test.db);
  const called = await call();
  expect(await everything(test.db)).toBe(before);
  return called;
}

const inAWeek = () => `${new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 16)}:00Z`;

describe("the OpenAPI file", () => {
  it("describes exactly the addresses that the router has", () => {
    const described = Object.entries(api.document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    type Layer = { route?: { path: string; methods: Record<string, boolean> } };
    const routed = (apiRouter(test.services).stack as unknown as Layer[]).flatMap(({ route }) =>
      route && !route.methods._all
        ? Object.keys(route.methods).map((method) => `${method} ${route.path.replace(":id", "{id}")}`)
        : [],
    );
    expect(described.sort()).toEqual(routed.filter((one) => one !== "get /openapi.json").sort());
    expect(described.length).toBeGreaterThan(15);
  });

  it("describes each message that a space can be sent", () => {
    expect(Object.keys(api.document.webhooks).sort()).toEqual([...eventTypes].sort());
  });

  it("is there for everybody, and each address that it names asks for a key", async () => {
    const { stream } = await setStage();
    for (const [path, methods] of Object.entries(api.document.paths)) {
      for (const method of Object.keys(methods)) {
        const called = await refused(() => api.call(method.toUpperCase(), path.replace("{id}", stream.id)));
        expect([path, method, called.status]).toEqual([path, method, 401]);
        expect(called.headers.get("www-authenticate")).toBe('Bearer realm="Frontrow"');
      }
    }
  });
});

describe("a key", () => {
  it("opens its own space, until it is revoked or its maker is an owner no longer (ASVS 8.3.3)", async () => {
    const { db } = test;
    const { key, keyId, owner, people, space, stream } = await setStage();
    const read = () => api.call("GET", `/streams/${stream.id}`, { key });
    expect((await read()).status).toBe(200);
    await db
      .updateTable("space_members")
      .set({ role: "host" })
      .where("user_id", "=", people.owner.id)
      .execute();
    expect((await read()).status).toBe(401);
    await db
      .updateTable("space_members")
      .set({ role: "owner" })
      .where("user_id", "=", people.owner.id)
      .execute();
    expect((await read()).status).toBe(200);
    const revoke = (spaceId: string) => revokeKey(db, { spaceId, keyId, actorId: owner.actorId });
    const other = await setStage();
    expect(await revoke(other.space.id)).toBe(false);
    expect((await read()).status).toBe(200);
    expect(await Promise.all([revoke(space.id), revoke(space.id)])).toContain(true);
    expect((await refused(read)).status).toBe(401);
  });

  it("of a space that has closed opens nothing", async () => {
    const { key, space, stream } = await setStage();
    await test.db.updateTable("spaces").set({ retired_at: new Date() }).where("id", "=", space.id).execute();
    expect((await refused(() => api.call("GET", `/streams/${stream.id}`, { key }))).status).toBe(401);
  });

  it.each(["frk_", "frk_x", `frk_${"a".repeat(43)}`, "Bearer", "x".repeat(4000)])(
    "that is none (%#) is refused, and so is the session of the owner",
    async (key) => {
      const { stream, people } = await setStage();
      const { cookie } = await signIn(test.db, people.owner.id);
      const headers = { cookie };
      const called = await refused(() => api.call("GET", `/streams/${stream.id}`, { key, headers }));
      expect(called.status).toBe(401);
      expect(called.headers.get("www-authenticate")).toContain("invalid_token");
    },
  );

  it("does what its scopes say and nothing else", async () => {
    const { owner, stream } = await setStage();
    for (const one of operations) {
      const may = scopes.filter((scope) => scope !== one.scope);
      const { secret: key } = await makeKey(test.db, { ...owner, may });
      const path = one.path.replace("{id}", stream.id);
      const called = await refused(() =>
        api.call(one.method.toUpperCase(), path, { key, body: one.body && {} }),
      );
      expect([one.name, called.status]).toEqual([one.name, 403]);
      expect(called.body.detail).toContain(one.scope);
    }
  });

  it("is kept as a hash, and notes when it was used last", async () => {
    const { key, keyId, stream } = await setStage();
    await api.call("GET", `/streams/${stream.id}`, { key });
    const row = await test.db
      .selectFrom("api_keys")
      .selectAll()
      .where("id", "=", keyId)
      .executeTakeFirstOrThrow();
    expect(row.last_used_at).toBeInstanceOf(Date);
    expect(JSON.stringify(row)).not.toContain(key.slice(12));
    expect(row.prefix).toBe(key.slice(0, 12));
  });
});

describe("things of another space", () => {
  it("are not there, by each address, and cannot be named in a body", async () => {
    const { key } = await setStage();
    const other = await setStage();
    const ids: Record<string, string> = {
      grants: other.grant.id,
      passes: other.pass.id,
      streams: other.stream.id,
    };
    for (const one of operations.filter(({ path }) => path.includes("{id}"))) {
      const id = ids[one.path.split("/")[1]!]!;
      const bodies: Record<string, object> = { changeGrant: { ends_at: null }, revokeGrant: { reason: "x" } };
      const body = bodies[one.name] ?? (one.body && {});
      for (const named of [id, id.toUpperCase(), "00000000-0000-7000-8000-000000000000", "no-id", "%00"]) {
        const path = one.path.replace("{id}", named);
        const called = await refused(() => api.call(one.method.toUpperCase(), path, { key, body }));
        expect([one.name, named, called.status]).toEqual([one.name, named, 404]);
      }
    }
    for (const path of [`/grants?pass_id=${other.pass.id}`, `/streams?experience_id=${other.experience.id}`])
      expect((await api.call("GET", path, { key })).body).toEqual({ items: [], next_cursor: null });
    const stream = { title: "Mine?", starts_at: inAWeek(), time_zone: "UTC", length_minutes: 60 };
    const pass = { name: "Mine?", experience_ids: [other.experience.id], term: { kind: "open" } };
    const tried: [path: string, body: object, pointer: string][] = [
      ["/grants", { pass_id: other.pass.id, email: "a@example.com" }, "#/pass_id"],
      ["/streams", { ...stream, experience_id: other.experience.id }, "#/experience_id"],
      ["/passes", pass, "#/experience_ids"],
    ];
    for (const [path, body, pointer] of tried) {
      const called = await refused(() => api.call("POST", path, { key, body }));
      expect([path, called.status, called.body.errors[0].pointer]).toEqual([path, 422, pointer]);
    }
  });
});

describe("bad input", () => {
  const stream = { title: "A title", experience_id: "01a00000-0000-7000-8000-000000000000" };
  const at = { ...stream, starts_at: "2999-01-01T00:00:00Z", time_zone: "UTC", length_minutes: 60 };
  const pass = { name: "A pass", experience_ids: [stream.experience_id], term: { kind: "open" } };
  it.each<[path: string, body: unknown, places: Record<string, RegExp>]>([
    ["/grants", {}, { "#/pass_id": /missing/, "#/email": /missing/ }],
    ["/grants", [], { "#": /must be an object/ }],
    ["/grants", null, { "#": /must be an object/ }],
    ["/grants", { pass_id: 5, email: [] }, { "#/pass_id": /text/, "#/email": /text/ }],
    ["/grants", { pass_id: "x", email: "x" }, { "#/pass_id": /not an id/, "#/email": /not a mail address/ }],
    [
      "/grants",
      { pass_id: stream.experience_id, email: "a@example.com", "ex/tr~a": 1, __proto__x: 2 },
      { "#/ex~1tr~0a": /no such field/, "#/__proto__x": /no such field/ },
    ],
    ["/streams", { ...at, title: "" }, { "#/title": /missing/ }],
    ["/streams", { ...at, title: "a\u0000b" }, { "#/title": /cannot be shown/ }],
    ["/streams", { ...at, title: "x".repeat(121) }, { "#/title": /at most 120/ }],
    ["/streams", { ...at, length_minutes: 1e300 }, { "#/length_minutes": /./ }],
    ["/streams", { ...at, length_minutes: 0 }, { "#/length_minutes": /at least 5/ }],
    ["/streams", { ...at, length_minutes: 7.5 }, { "#/length_minutes": /whole number/ }],
    ["/streams", { ...at, length_minutes: "60" }, { "#/length_minutes": /number/ }],
    ["/streams", { ...at, starts_at: "tomorrow" }, { "#/starts_at": /instant/ }],
    ["/streams", { ...at, starts_at: "0000-01-01T00:00:00Z" }, { "#/starts_at": /2000/ }],
    [
      "/streams",
      { ...at, chat: { before: "now", after_minutes: -1 } },
      { "#/chat/before": /one of/, "#/chat/after_minutes": /at least 0/ },
    ],
    ["/passes", { ...pass, term: { kind: "years" } }, { "#/term/kind": /./ }],
    [
      "/passes",
      { ...pass, term: { kind: "days", days: 1, months: 2 } },
      { "#/term/months": /no such field/ },
    ],
    ["/passes", { ...pass, term: { kind: "days", days: 99_999 } }, { "#/term/days": /3,660/ }],
    [
      "/passes",
      { ...pass, stock: 1e15, price: { amount_minor: -1, currency: "XXX" } },
      { "#/stock": /./, "#/price/amount_minor": /./, "#/price/currency": /./ },
    ],
    ["/passes", { ...pass, experience_ids: [] }, { "#/experience_ids": /at least one/ }],
    ["/passes", { ...pass, experience_ids: ["x"] }, { "#/experience_ids/0": /not an id/ }],
    [
      "/passes",
      { ...pass, term: { kind: "until", until: "2030-01-01T00:00:00Z", time_zone: "Mars/Base" } },
      { "#/term/time_zone": /time zone/ },
    ],
  ])("%s, case %#, is refused at its place", async (path, body, places) => {
    const { key } = await setStage();
    const called = await refused(() => api.call("POST", path, { key, body }));
    expect(called.status).toBe(400);
    const said = Object.fromEntries(
      (called.body.errors as { pointer: string; detail: string }[]).map(({ pointer, detail }) => [
        pointer,
        detail,
      ]),
    );
    expect(Object.keys(said).sort()).toEqual(Object.keys(places).sort());
    for (const [pointer, words] of Object.entries(places)) {
      expect(said[pointer]).toMatch(words);
      expect(said[pointer]).toMatch(/\.$/);
    }
  });

  it.each<[body: object, pointer: string, words: RegExp]>([
    [{ starts_at: "2001-01-01T00:00:00Z" }, "#/starts_at", /in the past/],
    [{ starts_at: "2999-01-01T00:00:00Z" }, "#/starts_at", /two years/],
    [{ time_zone: "Mars/Base" }, "#/time_zone", /no time zone called Mars/],
    [{ starts_at: inAWeek().replace(":00Z", ":30Z") }, "#/starts_at", /whole minute/],
  ])("of a stream's time (%j) is refused by the rules of its form", async (wrong, pointer, words) => {
    const { key, experience } = await setStage();
    const right = { starts_at: inAWeek(), time_zone: "Europe/Berlin", length_minutes: 60 };
    const body = { experience_id: experience.id, title: "A title", ...right, ...wrong };
    const called = await refused(() => api.call("POST", "/streams", { key, body }));
    expect([called.status, called.body.errors[0].pointer]).toEqual([422, pointer]);
    expect(called.body.errors[0].detail).toMatch(words);
  });

  it("in an address is refused with the parameter's name", async () => {
    const { key } = await setStage();
    const tried = [
      "limit=0",
      "limit=101",
      "limit=x",
      "limit=1&limit=2",
      "cursor=x",
      "cursor=%00",
      "more=1",
      "status=old",
      "pass_id=1",
    ];
    for (const query of tried) {
      const called = await refused(() => api.call("GET", `/grants?${query}`, { key }));
      expect([query, called.status, called.body.errors[0].parameter]).toEqual([
        query,
        400,
        query.split("=")[0],
      ]);
    }
  });

  it("of other kinds has its own status, and changes nothing", async () => {
    const { key, pass } = await setStage();
    const body = { pass_id: pass.id, email: `${unique("a")}@example.com` };
    const tried: [status: number, call: () => Promise<Called>][] = [
      [400, () => api.call("POST", "/grants", { key, raw: "{" })],
      [400, () => api.call("POST", "/grants", { key, raw: "\ufffe\xff" })],
      [400, () => api.call("POST", "/grants", { key, raw: "[".repeat(60_000) })],
      [
        400,
        () => api.call("POST", "/grants", { key, body, headers: { "idempotency-key": "x".repeat(256) } }),
      ],
      [404, () => api.call("GET", "/nothing", { key })],
      [405, () => api.call("DELETE", "/grants", { key })],
      [405, () => api.call("PUT", "/openapi.json", { key })],
      [405, () => api.call("OPTIONS", "/grants", { headers: { origin: "https://evil.example" } })],
      [413, () => api.call("POST", "/grants", { key, body: { ...body, filler: "x".repeat(70_000) } })],
      [415, () => api.call("POST", "/grants", { key, body, headers: { "content-type": "text/plain" } })],
      [415, () => api.call("POST", "/grants", { key, body, headers: { "content-encoding": "gzip" } })],
    ];
    for (const [status, call] of tried) {
      const called = await refused(call);
      expect([status, called.body?.status, called.body?.detail]).toEqual([
        called.status,
        status,
        expect.stringMatching(/\.$/),
      ]);
      expect(called.headers.get("access-control-allow-origin")).toBeNull();
      expect(called.headers.get("cache-control")).toBe("no-store");
      if (status === 405) expect(called.headers.get("allow")).toMatch(/GET/);
    }
  });
});

describe("lists", () => {
  it("give everything once, the newest first, also while something is added", async () => {
    const { db } = test;
    const { key, pass } = await setStage();
    const mine: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      const user = await insertUser(db);
      mine.push((await insertGrant(db, { passId: pass.id, userId: user.id })).id);
    }
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query = `limit=5&pass_id=${pass.id}${cursor && `&cursor=${cursor}`}`;
      const { status, body } = await api.call("GET", `/grants?${query}`, { key });
      expect(status).toBe(200);
      seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
      cursor = body.next_cursor as string | null;
      await insertGrant(db, { passId: pass.id, userId: (await insertUser(db)).id });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort().reverse());
    expect(seen).toEqual(expect.arrayContaining(mine));
  });

  it("of grants know one mail address and one status, by the clock", async () => {
    const { key, people } = await setStage();
    const read = async (query: string) => (await api.call("GET", `/grants?${query}`, { key })).body.items;
    expect(await read(`email=${encodeURIComponent(people.ended.email.toUpperCase())}`)).toMatchObject([
      { email: people.ended.email, status: "expired" },
    ]);
    const active = (await read("status=active")) as { email: string }[];
    expect(active.map(({ email }) => email).sort()).toEqual(
      [people.banned.email, people.viewer.email].sort(),
    );
  });
});

describe("a story with every verb", () => {
  it("schedules, moves and cancels a stream", async () => {
    const { key, experience } = await setStage();
    const body = {
      experience_id: experience.id,
      title: "  Ünder   the stars ",
      starts_at: inAWeek(),
      time_zone: "europe/berlin",
      length_minutes: 90,
    };
    const made = await api.call("POST", "/streams", { key, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      title: "Ünder the stars",
      time_zone: "Europe/Berlin",
      status: "scheduled",
      chat: { before: "then", after_minutes: 30 },
    });
    const path = `/streams/${made.body.id as string}`;
    const later = new Date(Date.parse(body.starts_at) + 3_600_000).toISOString();
    const moved = await api.call("PATCH", path, { key, body: { starts_at: later, title: "Moved" } });
    expect(moved.body).toMatchObject({ starts_at: later, title: "Moved", length_minutes: 90 });
    expect((await api.call("PATCH", path, { key, body: {} })).body).toEqual(moved.body);
    const [once, twice] = [
      await api.call("POST", `${path}/cancellation`, { key }),
      await api.call("POST", `${path}/cancellation`, { key }),
    ];
    expect([once.status, twice.status, twice.body.status]).toEqual([200, 200, "cancelled"]);
    expect((await refused(() => api.call("PATCH", path, { key, body: { title: "Too late" } }))).status).toBe(
      409,
    );
  });

  it("makes, changes and retires a pass", async () => {
    const { key, experience } = await setStage();
    const body = {
      name: "Season",
      experience_ids: [experience.id],
      term: { kind: "months", months: 3, time_zone: "Europe/Berlin" },
      price: { amount_minor: 1250, currency: "EUR" },
      stock: 40,
    };
    const made = await api.call("POST", "/passes", { key, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...body, holders: 0, at_expiry: "finish", retired_at: null });
    const path = `/passes/${made.body.id as string}`;
    const changed = await api.call("PATCH", path, {
      key,
      body: { stock: null, term: { kind: "days", days: 30 } },
    });
    expect(changed.body).toMatchObject({ name: "Season", stock: null, term: { kind: "days", days: 30 } });
    const sale = { open: true, starts_at: "2030-02-01T00:00:00Z", ends_at: "2030-01-01T00:00:00Z" };
    const wrong = await refused(() => api.call("PATCH", path, { key, body: { sale } }));
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([422, "#/sale/ends_at"]);
    const retired = await api.call("POST", `${path}/retirement`, { key, body: {} });
    expect(retired.body.retired_at).toMatch(/Z$/);
    expect((await refused(() => api.call("PATCH", path, { key, body: { name: "New" } }))).status).toBe(409);
  });

  it("gives a pass, changes its end, takes it back, restores it, and marks it as paid back", async () => {
    const { key, pass, people } = await setStage();
    const email = `${unique("ada")}@example.com`;
    const made = await api.call("POST", "/grants", {
      key,
      body: { pass_id: pass.id, email: email.toUpperCase() },
    });
    expect([made.status, made.body.email, made.body.ends_at]).toEqual([201, email, null]);
    const again = await refused(() =>
      api.call("POST", "/grants", { key, body: { pass_id: pass.id, email } }),
    );
    expect([again.status, again.body.detail]).toEqual([409, "This person holds this pass already."]);
    const path = `/grants/${made.body.id as string}`;
    const end = new Date(Date.now() + 86_400_000).toISOString();
    const ended = await api.call("PATCH", path, { key, body: { ends_at: end, reason: "A day" } });
    expect(ended.body).toMatchObject({ status: "active", ends_at: end });
    const past = await refused(() =>
      api.call("PATCH", path, { key, body: { ends_at: "2020-01-01T00:00:00Z" } }),
    );
    expect([past.status, past.body.errors[0].pointer]).toEqual([422, "#/ends_at"]);
    const back = await api.call("POST", `${path}/revocation`, { key, body: { reason: "By mistake" } });
    expect(back.body.status).toBe("cancelled");
    expect(
      (await refused(() => api.call("POST", `${path}/revocation`, { key, body: { reason: "Again" } })))
        .status,
    ).toBe(409);
    expect((await api.call("POST", `${path}/restoration`, { key })).body.status).toBe("active");
    expect((await api.call("POST", `${path}/refund`, { key })).body.status).toBe("refunded");
    const history = await test.db
      .selectFrom("access_grant_events")
      .select(["kind", "actor_id", "reason"])
      .where("access_grant_id", "=", made.body.id as string)
      .orderBy("happened_at")
      .execute();
    expect(history.map(({ kind }) => kind)).toEqual([
      "given",
      "shortened",
      "cancelled",
      "restored",
      "refunded",
    ]);
    expect(history[2]).toMatchObject({ actor_id: people.owner.id, reason: "By mistake" });
  });

  it("says of a reason that its holder reads it exactly where they do", async () => {
    const { key, pass, people, grant, space } = await setStage();
    const said = "It was paid twice";
    const refund = await api.call("POST", `/grants/${grant.id}/refund`, { key, body: { reason: said } });
    expect(refund.body.status).toBe("refunded");
    const shown = await findPassPage(test.db, {
      space: space.slug,
      pass: pass.slug,
      userId: people.viewer.id,
    });
    expect(shown?.grantReason).toBe(said);
    const descriptionOf = (act: string) => {
      const { requestBody } = api.document.paths[`/grants/{id}${act}`]![
        act ? "post" : "patch"
      ]! as unknown as {
        requestBody: {
          content: Record<string, { schema: { properties: { reason: { description: string } } } }>;
        };
      };
      return requestBody.content["application/json"]!.schema.properties.reason.description;
    };
    for (const act of ["/revocation", "/refund"]) expect(descriptionOf(act)).toMatch(/^Its holder reads it/);
    for (const act of ["", "/restoration"]) expect(descriptionOf(act)).toMatch(/for your team\.$/);
  });
});

describe("an idempotency key", () => {
  const once = () => ({ "idempotency-key": unique("once") });

  it("has a request done once, and answered alike", async () => {
    const { key, pass } = await setStage();
    const body = { pass_id: pass.id, email: `${unique("a")}@example.com` };
    const headers = once();
    const first = await api.call("POST", "/grants", { key, body, headers });
    const second = await refused(() => api.call("POST", "/grants", { key, body, headers }));
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect([first, second].map((one) => one.headers.get("idempotency-replayed"))).toEqual([null, "true"]);
  });

  it("of a refusal refuses alike, also when it would be done by now", async () => {
    const { key, pass, people } = await setStage();
    const headers = once();
    const give = () =>
      api.call("POST", "/grants", { key, headers, body: { pass_id: pass.id, email: people.viewer.email } });
    expect((await give()).status).toBe(409);
    await test.db
      .updateTable("access_grants")
      .set({ status: "cancelled" })
      .where("user_id", "=", people.viewer.id)
      .execute();
    const again = await refused(give);
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([409, "true"]);
  });

  it("of a request that came too often is answered anew: it is done when there is room", async () => {
    const { key, pass, people } = await setStage();
    const headers = once();
    const body = { pass_id: pass.id, email: `${unique("a")}@example.com` };
    const give = () => api.call("POST", "/grants", { key, body, headers });
    // A thousand letters of one space in a day: there is room again tomorrow.
    await sql`
      insert into access_grants (access_pass_id, user_id, source, status)
      select ${pass.id}::uuid, ${people.stranger.id}::uuid, 'given', 'cancelled' from generate_series(1, 1000)
    `.execute(test.db);
    const full = await give();
    expect([full.status, full.headers.get("retry-after")]).toEqual([429, "3600"]);
    await sql`update access_grants set created_at = now() - interval '25 hours' where access_pass_id = ${pass.id}::uuid`.execute(
      test.db,
    );
    const done = await give();
    expect([done.status, done.headers.get("idempotency-replayed")]).toEqual([201, null]);
    const again = await refused(give);
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
  });

  it("is refused with another body or at another address, and belongs to its space", async () => {
    const { key, pass } = await setStage();
    const other = await setStage();
    const headers = once();
    const body = { pass_id: pass.id, email: `${unique("a")}@example.com` };
    await api.call("POST", "/grants", { key, body, headers });
    const changed = { ...body, email: `${unique("b")}@example.com` };
    expect((await refused(() => api.call("POST", "/grants", { key, body: changed, headers }))).status).toBe(
      422,
    );
    expect(
      (await refused(() => api.call("POST", `/passes/${pass.id}/retirement`, { key, headers }))).status,
    ).toBe(422);
    const theirs = { pass_id: other.pass.id, email: body.email };
    expect((await api.call("POST", "/grants", { key: other.key, body: theirs, headers })).status).toBe(201);
  });

  it("of many requests at once has one done: the others are answered alike, or told to wait", async () => {
    const { key, experience } = await setStage();
    const headers = once();
    const body = { name: "Once", experience_ids: [experience.id], term: { kind: "open" } };
    const all = await Promise.all(
      Array.from({ length: 12 }, () => api.call("POST", "/passes", { key, body, headers })),
    );
    const made = all.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map((one) => one.body.id as string)).size).toBe(1);
    for (const one of all.filter(({ status }) => status !== 201))
      expect([one.status, one.headers.get("retry-after")]).toEqual([409, "1"]);
    const rows = await test.db.selectFrom("access_passes").select("id").where("name", "=", "Once").execute();
    expect(rows).toHaveLength(1);
  });

  it("is forgotten after a day", async () => {
    const { key, experience } = await setStage();
    const headers = once();
    const body = { name: "Again", experience_ids: [experience.id], term: { kind: "open" } };
    const make = () => api.call("POST", "/passes", { key, body, headers });
    const first = await make();
    await test.db
      .updateTable("api_idempotency_keys")
      .set({ created_at: ago("25 hours") })
      .execute();
    const second = await make();
    expect(second.body.id).not.toBe(first.body.id);
    await test.db
      .updateTable("api_idempotency_keys")
      .set({ created_at: ago("25 hours") })
      .execute();
    await deleteOld(test.db);
    expect(await test.db.selectFrom("api_idempotency_keys").select("key").execute()).toEqual([]);
  });

  it("is not kept when our side breaks in the middle: nothing was done, and it is done the next time", async () => {
    const { db } = test;
    const { key, experience } = await setStage();
    const headers = once();
    const body = { name: "Broken", experience_ids: [experience.id], term: { kind: "open" } };
    const make = () => api.call("POST", "/passes", { key, body, headers });
    await sql`alter table api_idempotency_keys add constraint broken check (status <> 201)`.execute(db);
    const broken = await refused(make);
    expect([broken.status, broken.body.detail]).toEqual([500, expect.stringMatching(/^Nothing was changed/)]);
    await sql`alter table api_idempotency_keys drop constraint broken`.execute(db);
    expect((await make()).status).toBe(201);
  });
});

describe("limits", () => {
  it("are told in each answer, and refuse when they are reached", async () => {
    const { key, keyId, stream } = await setStage();
    const read = () => api.call("GET", `/streams/${stream.id}`, { key });
    await sql`delete from rate_limits`.execute(test.db);
    const first = await read();
    expect(first.headers.get("ratelimit-policy")).toBe('"key";q=600;w=60');
    expect(first.headers.get("ratelimit")).toMatch(/^"key";r=599;t=\d+$/);
    await sql`update rate_limits set points = 600 where key like 'api.key:%'`.execute(test.db);
    const over = await read();
    expect(over.status).toBe(429);
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(over.headers.get("ratelimit")).toMatch(/^"key";r=0;t=\d+$/);
    await sql`update rate_limits set points = 1800 where key like 'api.network:%'`.execute(test.db);
    const address = await api.call("GET", `/streams/${stream.id}`);
    expect([address.status, address.headers.get("ratelimit-policy")]).toEqual([429, '"address";q=1800;w=60']);
    await sql`delete from rate_limits`.execute(test.db);
    expect((await read()).status).toBe(200);
    expect(keyId).toBeTruthy();
  });
});

describe("making a pass as a form makes it and through the API at once", () => {
  it("keeps what each of two programs changed of it", async () => {
    const { key, space, experience } = await setStage();
    const pass = await insertPass(test.db, { spaceId: space.id, experienceIds: [experience.id] });
    const path = `/passes/${pass.id}`;
    const changes = [{ name: "Renamed" }, { stock: 7 }, { description: "Described" }, { at_expiry: "cut" }];
    const all = await Promise.all(changes.map((body) => api.call("PATCH", path, { key, body })));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { body } = await api.call("GET", path, { key });
    expect(body).toMatchObject({ name: "Renamed", stock: 7, description: "Described", at_expiry: "cut" });
  });
});
