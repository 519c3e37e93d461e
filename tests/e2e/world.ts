import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import type { AxeResults } from "axe-core";
import { type BrowserContext, expect, type Locator, type Page, test as base } from "@playwright/test";
import { moveToEnded } from "#app/domain/streams/broadcast.ts";
import { lockLease } from "#app/domain/streams/lease.ts";
import { openQueue } from "#app/jobs/queue.ts";
import { fakeDevices, pictureOf } from "#tests/browser/fake-devices.ts";
import { codeInMail, newestMail } from "#tests/browser/mails.ts";
import { advances } from "#tests/browser/picture.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { signIn } from "#tests/factories.ts";

export type World = {
  db: Db;
  /** A browser profile of one person: nobody, or signed in as `userId`. Errors in its pages fail the test. */
  person(options?: PersonOptions): Promise<BrowserContext>;
};

type PersonOptions = {
  userId?: string;
  scheme?: "light" | "dark";
  width?: number;
  script?: boolean;
  /** A camera and a screen of 1280 × 720 instead of small ones, where the picture itself is looked at. */
  largePicture?: boolean;
  /** What the browser says besides when a test takes the server away from it. */
  expects?: RegExp[];
};

const looks = [
  { width: 360, height: 780, colorScheme: "light" },
  { width: 1280, height: 800, colorScheme: "dark" },
] as const;

/** What a browser says when a person is turned away, or is too late, is no mistake of a page. */
const expected = [
  /status of (400|401|403|404|409|429)/,
  // livekit-client, when the server closes a room that it is in: it is told so right after, and stops.
  /DataChannel error on \w+: User-Initiated Abort|data channel '\w+' closed unexpectedly/,
];

export const test = base.extend<World, { priority: void }>({
  // Pages are looked at beside browsers with live pictures, which come first.
  priority: [
    // eslint-disable-next-line no-empty-pattern -- how Playwright wants a fixture that needs none
    async ({}, use, { project }) => {
      if (project.name === "pages") os.setPriority(10);
      await use();
    },
    { scope: "worker", auto: true },
  ],
  // eslint-disable-next-line no-empty-pattern -- how Playwright wants a fixture that needs none
  db: async ({}, use) => {
    const db = openDatabase(process.env.DATABASE_URL ?? "");
    await use(db);
    await db.destroy();
  },
  person: async ({ browser, db }, use, { project }) => {
    const problems: string[] = [];
    const contexts: BrowserContext[] = [];
    await use(
      async ({
        userId,
        scheme = "light",
        width = 1280,
        script = true,
        largePicture = false,
        expects = [],
      } = {}) => {
        const context = await browser.newContext({
          baseURL: process.env.PUBLIC_URL,
          viewport: { width, height: width < 600 ? 780 : 800 },
          colorScheme: scheme,
          javaScriptEnabled: script,
          permissions: ["camera", "microphone", "clipboard-write"],
        });
        contexts.push(context);
        await context.addInitScript(fakeDevices);
        if (!largePicture) await context.addInitScript(pictureOf({ width: 320, height: 180, perSecond: 15 }));
        if (userId) {
          const { token } = await signIn(db, userId);
          const url = process.env.PUBLIC_URL ?? "";
          await context.addCookies([{ name: "session", value: token, url, httpOnly: true, sameSite: "Lax" }]);
        }
        context.on("weberror", (error) => {
          const text = `uncaught: ${error.error().message}`;
          if (!expects.some((known) => known.test(text))) problems.push(text);
        });
        context.on("console", (message) => {
          const text = message.text();
          if (message.type() === "error" && ![...expected, ...expects].some((known) => known.test(text)))
            problems.push(text);
        });
        return context;
      },
    );
    // What LiveKit says about connections that end because their browser is closed is nobody's mistake.
    const told = [...problems];
    await Promise.all(contexts.map((context) => context.close()));
    if (project.name !== "pages") await endBroadcasts(db);
    expect(told, "errors in the pages").toEqual([]);
  },
});

export { expect };

/**
 * Ends what a test left on the air: its recorder would go on beside the tests after it, until the host is given up. Tests
 * that broadcast run one by one.
 */
async function endBroadcasts(db: Db): Promise<void> {
  const left = await db
    .selectFrom("streams")
    .innerJoin("streaming_recordings", "streaming_recordings.stream_id", "streams.id")
    .select("streams.id")
    .where("streams.status", "=", "live")
    .execute();
  if (!left.length) return;
  const queue = await openQueue(process.env.DATABASE_URL ?? "", { onError: () => undefined });
  for (const { id: streamId } of left) {
    await db.transaction().execute(async (trx) => {
      await lockLease(trx, { streamId });
      await moveToEnded(trx, queue, { streamId, reason: "host" });
    });
  }
  await queue.stop({ graceful: false });
}

/** Signs in through the pages, with the code from the mail. */
export async function signInByMail(page: Page, email: string): Promise<void> {
  await page.getByLabel("Your mail address").fill(email);
  await page.getByRole("button", { name: "Send me a code" }).click();
  const mail = await newestMail(process.env.MAIL_WEB_URL ?? "", email);
  await page.getByLabel("Code").fill(codeInMail(mail));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

/**
 * The page fits and Axe finds nothing in it, on a phone in light colours and on a desk in dark ones. Axe is a script: in
 * a page without scripts it is left out.
 */
export async function expectLooks(page: Page, { script = true } = {}): Promise<void> {
  for (const { colorScheme, ...size } of looks) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await expectFits(page);
    if (script) await expectAccessible(page);
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Axe finds nothing on the page as it is now, its frames among it, or in what `within` selects. */
export async function expectAccessible(page: Page, within = "html"): Promise<void> {
  // Once a document, and not twice a look as @axe-core/playwright does, which took three times as long.
  for (const frame of page.frames())
    if (!(await frame.evaluate("'axe' in window"))) await frame.evaluate(axe);
  const run = `axe.run(${JSON.stringify(within)}, { resultTypes: ["violations"] })`;
  const { violations, passes } = await page.evaluate<AxeResults>(run);
  expect(passes.length, "rules that Axe could apply").toBeGreaterThan(0);
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(said).toEqual([]);
}

/** Nothing sticks out of the page sideways. */
export async function expectFits(page: Page): Promise<void> {
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(over, "pixels that stick out at the side").toBeLessThanOrEqual(0);
}

/** A picture that has just come begins to move; one that moved before is asked by `advances` alone, which has no patience. */
export async function expectBegins(video: Locator): Promise<void> {
  await expect.poll(() => advances(video), { timeout: 20_000 }).toBe(true);
}

/** The process of a part of the edition that runs now. */
export function pidOf(part: string): number {
  const file = path.join(process.env.EDITION_DIR ?? "", "pids", `${part}.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid;
}

/** Waits until a part whose process was killed runs as another one; in between there is no file that names it. */
export async function expectStartedAgain(part: string, killed: number): Promise<void> {
  await expect(() => expect(pidOf(part)).not.toBe(killed)).toPass({ timeout: 30_000 });
}
