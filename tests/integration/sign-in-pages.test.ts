import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { insertSpace, insertUser, signIn, unique } from "#tests/factories.ts";
import { codeIn, letterText, linkIn, openHttpBrowser, otherCode } from "#tests/http-browser.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const newAddress = () => `${unique("person")}@example.com`;
const lettersTo = (email: string) =>
  web.letters.filter(({ to }) => to.includes(email.trim().toLowerCase())).map(({ raw }) => raw);

async function letterTo(email: string, count = 1): Promise<string> {
  await vi.waitFor(() => expect(lettersTo(email)).toHaveLength(count), { timeout: 5000 });
  return lettersTo(email).at(-1)!;
}

async function askFor(email: string, { to = "", browser = openHttpBrowser(web.url) } = {}) {
  const before = lettersTo(email).length;
  const asked = await browser.post("/sign-in?index", { email, to });
  const letter = await letterTo(email, before + 1);
  return { browser, asked, letter, code: codeIn(letter)! };
}

describe("signing in", () => {
  it("goes from the address to the code, and back to where the person was", async () => {
    const email = newAddress();
    const browser = openHttpBrowser(web.url);
    const kept = await browser.get("/account/sessions");
    expect(kept.location).toBe("/sign-in?to=%2Faccount%2Fsessions");
    const page = await browser.get(kept.location!);
    expect(page.text).toContain('name="to" value="/account/sessions"');

    const typed = ` ${email.toUpperCase()}`;
    const { asked, code } = await askFor(typed, { to: "/account/sessions", browser });
    expect([asked.status, asked.location]).toEqual([303, "/sign-in/code"]);
    expect((await browser.get("/sign-in/code")).text).toContain(email);

    const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
    const signedIn = await browser.post("/sign-in/code", { code: spaced });
    expect([signedIn.status, signedIn.location]).toEqual([303, "/account/sessions"]);
    expect((await browser.get("/account/sessions")).text).toContain("This browser");
  });

  it("tells a wrong code beside its field, with status 400", async () => {
    const { browser, code } = await askFor(newAddress());
    const refused = await browser.post("/sign-in/code", { code: otherCode(code) });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("4 more tries");
    expect(refused.text).toContain('aria-invalid="true"');
    const notDigits = await browser.post("/sign-in/code", { code: "12a" });
    expect(notDigits.status).toBe(400);
    expect(notDigits.text).toContain("A code is six digits");
    expect((await browser.post("/sign-in/code", { code })).status).toBe(303);
  });

  it("leaves an address that is none in the form, with what is wrong", async () => {
    const browser = openHttpBrowser(web.url);
    const refused = await browser.post("/sign-in?index", { email: "anna at home", to: "/explore" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("This is not a mail address");
    expect(refused.text).toContain("anna at home");
  });

  it("answers a known and an unknown address alike (ASVS 6.3.8)", async () => {
    const user = await insertUser(web.db);
    const [known, unknown] = [await askFor(user.email), await askFor(newAddress())];
    expect(known.asked.status).toBe(unknown.asked.status);
    expect(known.asked.text).toBe(unknown.asked.text);
    const pages = await Promise.all([known, unknown].map(({ browser }) => browser.get("/sign-in/code")));
    const [one, other] = pages.map(({ text }) =>
      text.replaceAll(/person-\w+@example\.com/g, "…").replaceAll(/(nonce|data-request)="[^"]*"/g, ""),
    );
    expect(one).toBe(other);
  });

  it("answers alike when an address has had its letters", async () => {
    const email = newAddress();
    for (let asked = 0; asked < 3; asked++) await askFor(email);
    const browser = openHttpBrowser(web.url);
    const fourth = await browser.post("/sign-in?index", { email });
    expect([fourth.status, fourth.location]).toEqual([303, "/sign-in/code"]);
    expect((await browser.get("/sign-in/code")).text).toContain("is on its way");
    expect(lettersTo(email)).toHaveLength(3);
  });

  it("lets a second press of the button go where the first one went", async () => {
    const { browser, code } = await askFor(newAddress(), { to: "/explore" });
    await browser.post("/sign-in/code", { code });
    const again = await browser.post("/sign-in/code", { code });
    expect(again.location).toBe("/explore");
    expect((await browser.get("/sign-in/code")).location).toBe("/explore");
  });

  it("leads who came by the front door to their streams, or to what they can watch", async () => {
    const owner = await insertUser(web.db);
    await insertSpace(web.db, { ownerId: owner.id });
    for (const [email, place] of [
      [owner.email, "/account/streams"],
      [newAddress(), "/account/experiences"],
    ] as const) {
      const { browser, code } = await askFor(email, { to: "/" });
      expect((await browser.post("/sign-in/code", { code })).location).toBe(place);
    }
  });

  it("never leads to another site", async () => {
    for (const to of ["https://evil.example/", "//evil.example", "/\\evil.example", "/.//evil.example"]) {
      const { browser, code } = await askFor(newAddress(), { to });
      const signedIn = await browser.post("/sign-in/code", { code });
      expect(signedIn.location).toBe("/account/experiences");
    }
    const page = await openHttpBrowser(web.url).get("/sign-in?to=https://evil.example/");
    expect(page.text).not.toContain('name="to"');
  });

  it("takes no post from another site (ASVS 3.5.1)", async () => {
    const email = newAddress();
    const browser = openHttpBrowser(web.url);
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await browser.post("/sign-in?index", { email }, { headers })).status).toBe(403);
    const { code } = await askFor(email, { browser });
    expect((await browser.post("/sign-in/code", { code }, { headers })).status).toBe(403);
    expect(browser.cookies.has("session")).toBe(false);
    expect((await browser.post("/sign-in/code", { code })).status).toBe(303);
  });

  it("gives a session cookie that scripts cannot read, bound to the host over https (ASVS 3.3.1)", async () => {
    const { browser, code } = await askFor(newAddress());
    const signedIn = await browser.post("/sign-in/code", { code });
    expect(signedIn.headers.getSetCookie().join("\n")).toMatch(
      /^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=15552000$/m,
    );
    const secure = await startTestWeb({ env: { PUBLIC_URL: "https://frontrow.example" } });
    try {
      const other = openHttpBrowser(secure.url);
      const email = newAddress();
      await other.post("/sign-in?index", { email });
      await vi.waitFor(() => expect(secure.letters).toHaveLength(1));
      const done = await other.post("/sign-in/code", { code: codeIn(secure.letters[0]!.raw)! });
      const cookies = done.headers.getSetCookie().join("\n");
      expect(cookies).toMatch(
        /^__Host-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=\d+$/m,
      );
      expect(other.cookies.has("__Host-browser")).toBe(true);
    } finally {
      await secure.close();
    }
  });

  it("rotates the session: the old cookie is worth nothing (ASVS 7.2.4)", async () => {
    const user = await insertUser(web.db);
    const old = await signIn(web.db, user.id);
    const browser = openHttpBrowser(web.url);
    browser.cookies.set("session", old.token);
    const { code } = await askFor(newAddress(), { browser });
    await browser.post("/sign-in/code", { code });
    expect(browser.cookies.get("session")).not.toBe(old.token);
    const thief = openHttpBrowser(web.url);
    thief.cookies.set("session", old.token);
    expect((await thief.get("/account")).status).toBe(302);
  });
});

describe("the link in the letter", () => {
  it("carries the code only behind the #, and uses nothing up, however often it is opened", async () => {
    const { browser, letter, code } = await askFor(newAddress());
    const link = linkIn(letter)!;
    expect(link).toMatch(/^\/sign-in\/code\?mail=[\w-]{43}$/);
    expect(letterText(letter)).toContain(`${link}#${code}`);
    const scanner = openHttpBrowser(web.url);
    for (const method of ["GET", "HEAD", "GET"]) {
      expect((await scanner.get(link, { method })).status).toBe(200);
      expect((await browser.get(link, { method })).status).toBe(200);
    }
    expect((await scanner.post(link, { code, mail: link.split("=")[1]! })).status).not.toBe(303);
    expect(scanner.cookies.has("session")).toBe(false);
    expect((await browser.post("/sign-in/code", { code })).status).toBe(303);
  });

  it("says in another browser where the code works, and sends that one a code of its own", async () => {
    const email = newAddress();
    const { letter } = await askFor(email);
    const link = linkIn(letter)!;
    const phone = openHttpBrowser(web.url);
    expect((await phone.get(link)).text).toContain("This is another browser");
    await phone.post("/sign-in?index", { email, to: "", mail: link.split("=")[1]! });
    const code = codeIn(await letterTo(email, 2))!;
    expect((await phone.post("/sign-in/code", { code })).status).toBe(303);
  });

  it("is no key when somebody made it up", async () => {
    const { letter } = await askFor(newAddress());
    const link = linkIn(letter)!;
    const forged = link.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    expect((await openHttpBrowser(web.url).get(forged)).text).toContain("No code was asked for here");
  });
});

describe("who has to sign in again in the middle of a form", () => {
  it("finds what was typed on the form's page, and nobody else does", async () => {
    const email = newAddress();
    const { browser, code } = await askFor(email);
    await browser.post("/sign-in/code", { code });
    await web.db
      .updateTable("sessions")
      .set({ ended_at: sql`now()` })
      .where("user_id", "in", web.db.selectFrom("users").select("id").where("email", "=", email))
      .execute();
    const sent = await browser.post("/account?index", { name: "Ada <b>Lovelace", zone: "" });
    expect(sent.status).toBe(303);
    expect(sent.location).toMatch(/^\/sign-in\?to=%2Faccount%3Fdraft%3D[\w-]{36}$/);
    expect((await browser.get(sent.location!)).text).toContain("What you typed is kept");
    expect((await browser.get("/sign-in?to=%2Faccount")).text).not.toContain("is kept");
    const to = decodeURIComponent(sent.location!.split("to=")[1]!);

    const again = await askFor(email, { to, browser });
    const signedIn = await browser.post("/sign-in/code", { code: again.code });
    expect(signedIn.location).toBe(to);
    const page = await browser.get(to);
    expect(page.text).toContain("Ada &lt;b&gt;Lovelace");
    const users = await web.db.selectFrom("users").select("name").where("email", "=", email).execute();
    expect(users).toEqual([{ name: "" }]);

    const stranger = openHttpBrowser(web.url);
    stranger.cookies.set("session", (await signIn(web.db, (await insertUser(web.db)).id)).token);
    expect((await stranger.get(to)).text).not.toContain("Lovelace");
    stranger.cookies.set("browser", browser.cookies.get("browser")!);
    expect((await stranger.get(to)).text).not.toContain("Lovelace");
  });

  it("keeps nothing that is larger than a person types", async () => {
    const browser = openHttpBrowser(web.url);
    const fields = Array.from({ length: 9 }, (_, index) => [`field${index}`, "x".repeat(19_000)]);
    const sent = await browser.post("/account?index", Object.fromEntries(fields) as Record<string, string>);
    expect(sent.location).toBe("/sign-in?to=%2Faccount");
  });
});

describe("signing out", () => {
  it("ends the session by a post only, and says so twice", async () => {
    const { browser, code } = await askFor(newAddress());
    await browser.post("/sign-in/code", { code });
    const token = browser.cookies.get("session")!;
    expect((await browser.get("/sign-out")).text).toContain("Sign out here");
    expect((await browser.get("/account")).status).toBe(200);

    const out = await browser.post("/sign-out", {});
    expect([out.status, browser.cookies.has("session")]).toEqual([303, false]);
    expect((await browser.get("/sign-out")).text).toContain("You are signed out");
    expect((await browser.post("/sign-out", {})).status).toBe(303);
    browser.cookies.set("session", token);
    expect((await browser.get("/account")).status).toBe(302);
  });
});

describe("the account", () => {
  it("keeps the name and the time zone, and refuses a zone that does not exist", async () => {
    const user = await insertUser(web.db);
    const { cookie } = await signIn(web.db, user.id);
    const form = { name: "  Ada   Lovelace ", zone: "Europe/Berlin" };
    const saved = await web.fetch("/account?index", { cookie, form });
    expect(saved.status).toBe(303);
    const row = await web.db.selectFrom("users").selectAll().where("id", "=", user.id).executeTakeFirst();
    expect(row).toMatchObject({ name: "Ada Lovelace", time_zone: "Europe/Berlin" });

    for (const bad of [{ zone: "Mars/Base" }, { name: "x".repeat(81) }, { name: "a\u0000b\u0007" }]) {
      const refused = await web.fetch("/account?index", { cookie, form: { ...form, ...bad } });
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain("One thing is not right yet");
    }
    const unchanged = await web.db
      .selectFrom("users")
      .selectAll()
      .where("id", "=", user.id)
      .executeTakeFirst();
    expect(unchanged).toEqual(row);
  });
});
