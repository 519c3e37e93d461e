import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { endStream } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import { delayedPicture, playsSoFar } from "#tests/browser/so-far.ts";
import { insertPeople } from "#tests/factories.ts";
import { openHouse } from "./house.ts";
import { expect, expectAccessible, expectFits, test } from "./world.ts";

/** What a browser says of scripts that it does not get. */
const expects = [/net::ERR_FAILED/, /Failed to fetch dynamically imported module/];
const scripts = "**/assets/*.js";
const entry = "**/assets/entry.client-*.js";

/** What a look says that the page, or a frame in it, was loaded again under. */
const loadedAgain =
  /Execution context was destroyed|Frame was detached|Cannot find context|axe is not defined/;

/**
 * The list of a live chat asks for what is new by itself: it is what happens now (WCAG 2.2.1 has that exception). The page
 * around it may be loaded again while Axe looks: then it looks again, and what it finds counts.
 */
async function expectAccessibleChat(page: Page): Promise<void> {
  for (let looks = 1; ; looks++) {
    try {
      for (const frame of page.frames()) await frame.waitForLoadState("domcontentloaded");
      return await expectAccessible(page, "html", { without: ["meta-refresh"] });
    } catch (error) {
      if (looks === 8 || !loadedAgain.test(String(error))) throw error;
    }
  }
}

const direct = (page: Page) => page.getByLabel("The host's camera");
const field = (page: Page) => page.frameLocator('iframe[title="Chat: say something"]');
const said = (page: Page) => page.frameLocator('iframe[title="Chat: what was said"]');
const standing = (page: Page) => page.locator('html[data-scripts="missing"]');

test("where scripts do not load a live stream is seen and talked in as without any, until they come", async ({
  person,
  db,
}) => {
  test.setTimeout(240_000);
  const house = await openHouse({ person, db });
  const page = await (await person({ userId: house.people.viewer.id, expects })).newPage();
  const again = page.getByRole("link", { name: "load all of it again" });
  await page.route(scripts, (route) => route.abort());
  await page.goto(house.path);

  await test.step("the browser's own player shows what is recorded", async () => {
    await expect(async () => {
      await again.click();
      await expect(delayedPicture(page)).toBeVisible({ timeout: 3_000 });
    }).toPass({ timeout: 60_000 });
    await expect(direct(page)).toHaveCount(0);
    await expect(page.getByText("Loading the chat…")).toBeHidden();
    await page.getByRole("link", { name: "what is recorded so far" }).click();
    await expect(standing(page)).toHaveCount(1);
    await expect(async () => expect(await playsSoFar(page)).toBe(true)).toPass({ timeout: 60_000 });
  });

  await test.step("the chat is a list and a form", async () => {
    await field(page).getByLabel("Say something").fill("Nothing of yours loads here");
    await field(page).getByRole("button", { name: "Send" }).click();
    await expect(field(page).getByText("Sent.")).toBeVisible();
    await expect(said(page).getByText("Nothing of yours loads here")).toBeVisible({ timeout: 30_000 });
  });

  await test.step("it fits, also on a phone, and Axe finds nothing", async () => {
    await expectAccessibleChat(page);
    await page.setViewportSize({ width: 360, height: 780 });
    await expectFits(page);
    await expectAccessibleChat(page);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await test.step("loaded again when they can be had, it has all of it", async () => {
    await page.unroute(scripts);
    await again.click();
    await expect(direct(page)).toBeVisible({ timeout: 30_000 });
    await expect(standing(page)).toHaveCount(0);
    await expect(again).toBeHidden();
    expect(await advances(direct(page))).toBe(true);
  });
});

test("scripts that come after 20 seconds take over, and disturb nobody who is writing", async ({
  person,
  db,
}) => {
  const house = await openHouse({ person, db });
  const page = await (await person({ userId: house.people.viewer.id, expects })).newPage();
  await page.route(entry, async (route) => {
    await pause(20_000);
    await route.continue();
  });
  const arrives = page.waitForResponse(/entry\.client-/, { timeout: 60_000 });
  await page.goto(house.path, { waitUntil: "domcontentloaded" });
  await expect(standing(page)).toHaveCount(1);
  // The picture that was begun without them goes on, and the browser's own player does not stand beside it.
  await expect(page.locator(".first-picture video")).toBeVisible();
  expect(await advances(page.locator(".first-picture video"))).toBe(true);
  await expect(delayedPicture(page)).toBeHidden();
  await field(page).getByLabel("Say something").fill("Half a sentence");
  await arrives;
  await pause(1_500);
  await expect(standing(page)).toHaveCount(1);
  await field(page).getByLabel("Say something").fill("A whole sentence.");
  await field(page).getByRole("button", { name: "Send" }).click();
  await expect(standing(page)).toHaveCount(0);
  await expect(page.locator(".stand-in")).toHaveCount(0);
  await expect(direct(page)).toBeVisible({ timeout: 30_000 });
  expect(await advances(direct(page))).toBe(true);
  await expect(page.getByText("A whole sentence.")).toBeVisible({ timeout: 30_000 });
});

test("where scripts do not load the studio ends a stream, and forms say what is wrong and keep what was typed", async ({
  person,
  db,
}) => {
  const { people, stream } = await insertPeople(db, { status: "live" });
  const page = await (await person({ userId: people.host.id, expects })).newPage();
  await page.route(scripts, (route) => route.abort());

  await page.goto("/account/space/blocked-words");
  await expect(standing(page)).toHaveCount(1);
  await expectAccessible(page);
  const words = page.getByLabel("One word on each line");
  await words.fill("b*d");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(words).toHaveAttribute("aria-invalid", "true");
  await expect(words).toHaveValue("b*d");
  await words.fill("rubbish");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved. It counts from the next message on.")).toBeVisible();

  await page.goto(`/account/streams/${stream.id}`);
  await expect(page.getByText("Broadcasting needs scripts")).toBeVisible();
  await expect(page.getByText("Opening the studio…")).toBeHidden();
  await expectAccessibleChat(page);
  await endStream(page);
  await expect(page.getByRole("heading", { name: "This stream has ended" })).toBeVisible();
});
