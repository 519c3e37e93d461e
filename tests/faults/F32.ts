import assert from "node:assert/strict";
import { openHttpBrowser } from "#tests/http-browser.ts";
import { askForCode, forgetNetworks, type Seen, signInByMail, type Tools } from "./sign-in-tools.ts";

export const name = "F32";
export const title = "A planted session, a stolen cookie, and signing somebody in as somebody else";

export async function run(tools: Tools): Promise<Seen> {
  await forgetNetworks(tools);
  const { url } = tools.web;
  const secure = (await signInByMail(tools)).browser.cookies.has("__Host-session");
  const session = secure ? "__Host-session" : "session";
  const isSignedIn = async (token: string) => {
    const browser = openHttpBrowser(url);
    browser.cookies.set(session, token);
    return (await browser.get("/account/sessions")).status === 200;
  };

  // Fixation: the attacker's own session, or one they made up, is in the victim's browser beforehand.
  const attacker = await signInByMail(tools);
  const planted = attacker.browser.cookies.get(session)!;
  const browser = openHttpBrowser(url);
  browser.cookies.set(session, planted);
  const victim = await signInByMail(tools, { browser });
  const token = browser.cookies.get(session)!;
  assert.notEqual(token, planted, "a new session on signing in");
  assert.equal(await isSignedIn(planted), false, "the one before is over");
  assert.equal(await isSignedIn(token), true);
  assert.ok(token.length >= 43, "256 bits");
  const cookie = victim.answer.headers.getSetCookie().find((line) => line.startsWith(`${session}=`)) ?? "";
  assert.match(cookie, /; HttpOnly/);
  assert.match(cookie, /; SameSite=Lax/);
  if (secure) assert.match(cookie, /; Secure/);
  const kept = await tools.db.selectFrom("sessions").select("token_hash").execute();
  assert.ok(!kept.some(({ token_hash: hash }) => hash.toString().includes(token)), "only a hash is kept");

  // Login CSRF: another site's form, with the attacker's address and then with their code.
  const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  const { email, code } = await askForCode(tools);
  for (const [path, form] of [
    ["/sign-in?index", { email }],
    ["/sign-in/code", { code }],
    ["/sign-out", {}],
  ] as [string, Record<string, string>][]) {
    const { status } = await browser.post(path, form, { headers: evil });
    assert.equal(status, 403, `${path} from another site`);
  }
  // And by hand: their code, typed into the victim's browser, is nobody's there.
  await browser.post("/sign-in/code", { code });
  assert.equal(browser.cookies.get(session), token);

  // A stolen cookie: seen in the list, ended, and dead at once.
  const home = await signInByMail(tools, { email: victim.email, letters: 2 });
  const page = await home.browser.get("/account/sessions");
  assert.equal(page.text.match(/aria-label="End the session in /g)?.length, 1, "the other browser is listed");
  await home.browser.post("/account/sessions/others", {});
  assert.equal(await isSignedIn(token), false, "ended at once");
  assert.equal(await isSignedIn(home.browser.cookies.get(session)!), true);
  return {
    did: "signed in over a planted session, posted sign-in forms from another site, ended a stolen session",
    saw: "a new token and the planted one dead, 403 for every foreign form, the stolen session dead at the next request",
  };
}
