import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertPeople, signIn } from "#tests/factories.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let stage: Awaited<ReturnType<typeof insertPeople>>;
let cookie: string;
beforeAll(async () => {
  web = await startTestWeb();
  stage = await insertPeople(web.db, { status: "live" });
  ({ cookie } = await signIn(web.db, stage.people.viewer.id));
});
afterAll(() => web.close());

const policyOf = (response: Response) =>
  new Map(
    (response.headers.get("content-security-policy") ?? "").split(";").map((line) => {
      const [name = "", ...values] = line.trim().split(" ");
      return [name, values] as const;
    }),
  );

/** Pages of each kind: public, gated, a form, an error. */
const pages = () => [
  "/",
  "/sign-in",
  stage.path,
  `/${stage.space.slug}`,
  "/account/grants",
  "/account/sessions",
  "/no-such-space",
];

describe("what a browser is told with every page", () => {
  it("scripts run only with this answer's nonce, and none that stands in the page otherwise (ASVS 3.4.3)", async () => {
    const nonces = new Set<string>();
    for (const page of pages()) {
      const response = await web.fetch(page, { cookie });
      const policy = policyOf(response);
      const scripts = policy.get("script-src") ?? [];
      expect(
        scripts.filter((source) => /unsafe|\*|https?:|data:|blob:/.test(source)),
        page,
      ).toEqual([]);
      const [nonce = ""] = scripts.flatMap((source) => /^'nonce-(.+)'$/.exec(source)?.[1] ?? []);
      expect(nonce.length, page).toBeGreaterThanOrEqual(22);
      nonces.add(nonce);
      expect(policy.get("object-src")).toEqual(["'none'"]);
      expect(policy.get("base-uri")).toEqual(["'none'"]);
      expect(policy.get("form-action")).toEqual(["'self'"]);
      const tags = (await response.text()).match(/<script\b[^>]*>/g) ?? [];
      for (const tag of tags) expect(tag, page).toContain(`nonce="${nonce}"`);
    }
    expect(nonces.size).toBe(pages().length);
  });

  it("nobody else's page holds ours in a frame, but for the chat in ours (ASVS 3.4.6)", async () => {
    for (const page of pages())
      expect(policyOf(await web.fetch(page, { cookie })).get("frame-ancestors"), page).toEqual(["'none'"]);
    const chat = await web.fetch(`${stage.path}/chat`, { cookie });
    expect(policyOf(chat).get("frame-ancestors")).toEqual(["'self'"]);
  });

  it("no type is guessed, and no whole address is told to other sites (ASVS 3.4.4, 3.4.5)", async () => {
    for (const page of pages()) {
      const { headers } = await web.fetch(page, { cookie });
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
      expect(headers.get("x-powered-by")).toBeNull();
    }
  });

  it("over https all of us is asked for by that alone from then on, whatever the answer (ASVS 3.4.1)", async () => {
    const secure = await startTestWeb({ env: { PUBLIC_URL: "https://frontrow.example" } });
    const media = `/media/${crypto.randomUUID()}/${crypto.randomUUID()}`;
    const said = async (target: string, from = secure) =>
      (await from.fetch(target)).headers.get("strict-transport-security");
    for (const target of [
      "/",
      "/no-such-space",
      "/assets/none.js",
      `${media}/live.m3u8`,
      `${media}/poster.jpg`,
    ])
      expect(await said(target), target).toBe("max-age=31536000; includeSubDomains");
    expect(await said("/", web)).toBeNull();
    await secure.close();
  });

  it("nothing that hangs on who asks is kept by anybody (ASVS 14.3.2)", async () => {
    const asked = [...pages(), `${stage.path}/chat`, `${stage.path}/chat/messages.json`];
    for (const page of asked) {
      const { headers } = await web.fetch(page, { cookie });
      expect(headers.get("cache-control"), page).toBe("private, no-store");
    }
    const ticket = await web.fetch(`${stage.path}/ticket`, { cookie, form: { tab: "tab-of-a-test" } });
    expect(ticket.headers.get("cache-control")).toBe("private, no-store");
  });

  it("what is played goes a shorter way, by the same rules (ASVS 3.4.4, 3.4.5, 3.4.6, 14.3.2)", async () => {
    const base = `/media/${stage.stream.id}/${stage.stream.id}`;
    for (const address of [`${base}/live.m3u8`, `${base}/1/0.ts`, "/media/1.ts"]) {
      const answer = await web.fetch(address, { cookie });
      expect([address, answer.status]).toEqual([address, 404]);
      expect(policyOf(answer).get("default-src")).toEqual(["'none'"]);
      expect(policyOf(answer).get("frame-ancestors")).toEqual(["'none'"]);
      const { headers } = answer;
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
      expect(headers.get("cache-control")).toBe("private, no-store");
      expect(headers.get("x-powered-by")).toBeNull();
    }
  });
});

describe("what comes from a browser", () => {
  it.each([
    ["another site's origin", { origin: "https://evil.example" }],
    ["an origin that hides itself", { origin: "null" }],
    ["what the browser calls cross-site", { "sec-fetch-site": "cross-site" }],
    ["what it calls same-site, which is another host", { "sec-fetch-site": "same-site" }],
    ["our own origin with a foreign fetch", { "sec-fetch-site": "cross-site", own: "yes" }],
  ])(
    "a form with %s changes nothing (ASVS 3.5.1 to 3.5.3)",
    async (_, { own, ...headers }: Record<string, string>) => {
      const rows = async () => [
        await web.db.selectFrom("sessions").select(["id", "ended_at"]).orderBy("id").execute(),
        await web.db.selectFrom("stream_participants").select("identity").orderBy("identity").execute(),
      ];
      const before = await rows();
      const sent = { cookie, form: {}, headers: { ...headers, ...(own && { origin: web.url }) } };
      for (const path of ["/sign-out", "/account/sessions/others", `${stage.path}/ticket`])
        expect((await web.fetch(path, sent)).status, path).toBe(403);
      expect(await rows()).toEqual(before);
    },
  );

  it("a title of markup is text wherever it is shown (ASVS 1.2.1)", async () => {
    const title = `</title><script>alert("x")</script><img src=x onerror=alert(1)>`;
    await web.db.updateTable("streams").set({ title }).where("id", "=", stage.stream.id).execute();
    for (const page of [stage.path, `/${stage.space.slug}`, "/account/experiences"]) {
      const text = await (await web.fetch(page, { cookie })).text();
      expect(text, page).not.toContain("<script>alert(");
      expect(text, page).not.toContain("<img src=x");
    }
  });
});
