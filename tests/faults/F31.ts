import assert from "node:assert/strict";
import { linkIn, openHttpBrowser } from "#tests/http-browser.ts";
import { askForCode, forgetNetworks, type Seen, type Tools } from "./sign-in-tools.ts";

export const name = "F31";
export const title = "A mail scanner opens the link of the letter before its person does";

export async function run(tools: Tools): Promise<Seen> {
  await forgetNetworks(tools);
  const { email, browser, letter, code } = await askForCode(tools);
  const link = linkIn(letter);
  assert.ok(link, "the letter has a link");
  assert.ok(!link.includes(code), "what a server gets to see of it is not the code");

  for (let visit = 0; visit < 5; visit++) {
    for (const method of ["HEAD", "GET"]) {
      const scanner = openHttpBrowser(tools.web.url, { userAgent: "LinkScanner/1.0" });
      const { status } = await scanner.get(link, { method });
      assert.equal(status, 200);
      assert.equal(scanner.cookies.has("session") || scanner.cookies.has("__Host-session"), false);
    }
  }
  // One that presses the buttons it finds, and knows the code, since it read the letter.
  const clicker = openHttpBrowser(tools.web.url, { userAgent: "LinkScanner/1.0" });
  const mail = new URL(link, tools.web.url).searchParams.get("mail") ?? "";
  const pressed = await clicker.post(link, { code, mail });
  const cookies = pressed.headers.getSetCookie().join();
  assert.ok(!/session=/.test(cookies), "a browser that did not ask is not signed in");

  const row = await tools.db
    .selectFrom("sign_in_codes")
    .select(["tries", "used_at"])
    .where("email", "=", email)
    .executeTakeFirstOrThrow();
  assert.deepEqual(row, { tries: 0, used_at: null }, "nothing was used up");
  assert.equal((await browser.post("/sign-in/code", { code, mail })).status, 303);
  return {
    did: "5 HEADs and 5 GETs of the letter's link, and a POST of its code from a browser that had not asked",
    saw: "no try counted, nobody signed in, and the browser that asked signed in afterwards",
  };
}
