import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { codeIn, openHttpBrowser } from "#tests/http-browser.ts";
import type { Tools as AllTools } from "./fault.ts";

/** What these faults need: the web process, its database, and `MAIL_WEB_URL`, where the mail server shows its letters. */
export type Tools = Pick<AllTools, "web" | "db" | "env">;
export type Seen = { did: string; saw: string };

export const newAddress = () => `fault-${randomBytes(5).toString("hex")}@example.com`;

/** The letters to an address as maildev's REST API gives them, oldest first. */
export async function lettersTo({ env }: Pick<Tools, "env">, address: string): Promise<string[]> {
  const answer = await fetch(new URL("/api/email", env.MAIL_WEB_URL));
  const letters = (await answer.json()) as { to: { address: string }[]; text?: string; date?: string }[];
  return letters
    .filter(({ to }) => to.some((one) => one.address === address))
    .sort((one, other) => String(one.date).localeCompare(String(other.date)))
    .map(({ text }) => text ?? "");
}

/** Waits until an address has so many letters, and gives the last one. */
export async function awaitLetter(tools: Pick<Tools, "env">, address: string, count = 1): Promise<string> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await wait(100)) {
    const letters = await lettersTo(tools, address);
    if (letters.length >= count) return letters.at(-1)!;
  }
  throw new Error(`letter ${count} to ${address} did not come within 10 s`);
}

/** A browser that asked for a code, with the letter and the code in it. */
export async function askForCode(
  tools: Tools,
  { email = newAddress(), browser = openHttpBrowser(tools.web.url), to = "/", letters = 1 } = {},
) {
  const asked = await browser.post("/sign-in?index", { email, to });
  const letter = await awaitLetter(tools, email, letters);
  const code = codeIn(letter);
  if (!code) throw new Error(`a letter without a code:\n${letter}`);
  return { email, browser, asked, letter, code };
}

/** A browser that is signed in. */
export async function signInByMail(tools: Tools, asking: Parameters<typeof askForCode>[1] = {}) {
  const asked = await askForCode(tools, asking);
  const answer = await asked.browser.post("/sign-in/code", { code: asked.code });
  if (answer.status !== 303) throw new Error(`the right code was answered with ${answer.status}`);
  return { ...asked, answer };
}

/** All tests ask from one network address, whose share they would use up for one another. */
export async function forgetNetworks({ db }: Pick<Tools, "db">): Promise<void> {
  await db.deleteFrom("rate_limits").where("key", "like", "%.network:%").execute();
}

export const median = (numbers: number[]) =>
  numbers.toSorted((one, other) => one - other)[numbers.length >> 1]!;
