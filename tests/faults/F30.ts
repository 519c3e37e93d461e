import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { openHttpBrowser } from "#tests/http-browser.ts";
import {
  askForCode,
  forgetNetworks,
  lettersTo,
  median,
  newAddress,
  type Seen,
  signInByMail,
  type Tools,
} from "./sign-in-tools.ts";

export const name = "F30";
export const title = "Flooding somebody's inbox with codes, and asking who has an account";

export async function run(tools: Tools): Promise<Seen> {
  await forgetNetworks(tools);
  // Somebody with an account and a browser of their own.
  const { email: victim, browser: home } = await signInByMail(tools);
  const before = (await lettersTo(tools, victim)).length;

  const flood = await Promise.all(
    Array.from({ length: 12 }, () =>
      openHttpBrowser(tools.web.url).post("/sign-in?index", { email: victim }),
    ),
  );
  const answers = new Set(flood.map(({ status, location, text }) => `${status} ${location} ${text.length}`));
  assert.deepEqual([...answers], ["303 /sign-in/code 0"], "the same answer each time");
  await wait(3000);
  const letters = (await lettersTo(tools, victim)).length;
  assert.ok(letters <= 3, `${letters} letters`);
  assert.ok(letters > before, "the first of them are sent");

  // Its person, meanwhile, gets in with the browser they have used before.
  const { code } = await askForCode(tools, { email: victim, browser: home, letters: letters + 1 });
  assert.equal((await home.post("/sign-in/code", { code })).status, 303);

  const times = { known: [] as number[], unknown: [] as number[], flooded: [] as number[] };
  for (let round = 0; round < 15; round++) {
    const known = newAddress();
    await tools.db
      .insertInto("users")
      .values({ email: known, first_signed_in_at: sql`now()` })
      .execute();
    for (const [kind, email] of Object.entries({ known, unknown: newAddress(), flooded: victim })) {
      const begun = performance.now();
      await openHttpBrowser(tools.web.url).post("/sign-in?index", { email });
      times[kind as keyof typeof times].push(performance.now() - begun);
    }
  }
  const [known, unknown, flooded] = [median(times.known), median(times.unknown), median(times.flooded)];
  const apart = Math.max(known, unknown, flooded) - Math.min(known, unknown, flooded);
  // The answers are made alike; what is left is the noise of a busy machine.
  assert.ok(
    apart < Math.max(20, known * 0.35),
    `known ${known} ms, unknown ${unknown} ms, flooded ${flooded} ms`,
  );
  await forgetNetworks(tools);
  const ms = [known, unknown, flooded].map((time) => time.toFixed(1)).join(", ");
  return {
    did: "12 requests at once for one address from 12 browsers, then 45 for known, unknown and flooded ones",
    saw: `${letters} letters in all, one answer, its person still signed in; known, unknown, flooded took ${ms} ms`,
  };
}
