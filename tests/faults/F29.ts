import assert from "node:assert/strict";
import { openHttpBrowser, otherCode } from "#tests/http-browser.ts";
import { askForCode, forgetNetworks, type Seen, type Tools } from "./sign-in-tools.ts";

export const name = "F29";
export const title = "Guessing codes: of one account, from many browsers, from one network";

export async function run(tools: Tools): Promise<Seen> {
  await forgetNetworks(tools);
  const { email, browser, code } = await askForCode(tools);
  const guesses = Array.from({ length: 40 }, (_, index) => otherCode(code, index + 1));

  // Strangers who know the address, each with a browser of their own.
  const strangers = await Promise.all(
    guesses
      .slice(0, 10)
      .map((guess) => openHttpBrowser(tools.web.url).post("/sign-in/code", { code: guess })),
  );
  assert.deepEqual([...new Set(strangers.map(({ status }) => status))], [400]);
  const untouched = await codesOf(tools, email);
  assert.deepEqual(untouched, [{ tries: 0, used: false }], "tries of other browsers do not count");

  // The browser that asked, all at once.
  const tries = await Promise.all(guesses.map((guess) => browser.post("/sign-in/code", { code: guess })));
  const signedIn = tries.filter(({ headers }) =>
    headers.getSetCookie().some((line) => /session=/.test(line)),
  );
  assert.equal(signedIn.length, 0);
  assert.deepEqual(await codesOf(tools, email), [{ tries: 5, used: false }], "five tries, then none");
  const dead = await browser.post("/sign-in/code", { code });
  assert.equal(dead.status, 400, "after five tries not even the right code works");

  const { code: fresh } = await askForCode(tools, { email, browser, letters: 2 });
  const victim = await browser.post("/sign-in/code", { code: fresh });
  assert.equal(victim.status, 303, "the person is not locked out");

  let refusedAfter = 0;
  for (let count = 1; count <= 200 && refusedAfter === 0; count++) {
    const { status } = await openHttpBrowser(tools.web.url).post("/sign-in/code", { code: "000000" });
    if (status === 429) refusedAfter = count;
  }
  assert.ok(refusedAfter > 0, "one network address cannot try without end");
  await forgetNetworks(tools);
  return {
    did: "10 guesses from other browsers, 40 at once from the one that asked, then as many as one network may",
    saw: `5 tries counted, then dead; a fresh code signed the person in; the network was refused after ${refusedAfter} more`,
  };
}

const codesOf = async ({ db }: Tools, email: string) => {
  const codes = await db
    .selectFrom("sign_in_codes")
    .select(["tries", "used_at", "code_hash"])
    .where("email", "=", email)
    .execute();
  assert.ok(codes.every(({ code_hash: hash }) => hash.startsWith("$argon2id$")));
  return codes.map(({ tries, used_at: used }) => ({ tries, used: used !== null }));
};
