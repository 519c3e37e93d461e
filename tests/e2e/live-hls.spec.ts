import type { Locator, Page } from "@playwright/test";
import { noMedia } from "#tests/browser/no-media.ts";
import { endStream } from "#tests/browser/people.ts";
import { advances, isMagenta, mostly } from "#tests/browser/picture.ts";
import { delayedPicture, playsSoFar } from "#tests/browser/so-far.ts";
import { signIn } from "#tests/factories.ts";
import { openGrantByApi } from "#tests/grant-by-api.ts";
import { startSecondWeb } from "#tests/second-web.ts";
import { openHouse } from "./house.ts";
import { expect, expectFits, expectAccessible, test } from "./world.ts";

/** What a browser says of a signal socket that ends without media. */
const noSocket = [/\/rtc/, /could not establish/i];

const direct = (page: Page) => page.getByLabel("The host's camera");
const timeOf = (video: Locator) => video.evaluate((element: HTMLVideoElement) => element.currentTime);

test("where no media of WebRTC passes the picture comes with a delay by itself, back to the beginning and to now, until the pass ends", async ({
  person,
  db,
}) => {
  const house = await openHouse({ person, db });
  test.setTimeout(240_000);
  const viewer = await person({ userId: house.people.viewer.id, expects: noSocket });
  await viewer.addInitScript(noMedia);
  const page = await viewer.newPage();
  await expect
    .poll(async () => (await viewer.request.get(house.path)).text(), { timeout: 40_000 })
    .toContain("/live.m3u8");
  await page.goto(house.path);
  const video = delayedPicture(page);
  await test.step("it plays, and says how far behind it is", async () => {
    // So long the room is waited for, and what loads then takes a moment.
    await expect(video).toBeVisible({ timeout: 8_000 + 5_000 });
    await expect.poll(() => advances(video), { timeout: 30_000 }).toBe(true);
    await expect.poll(() => mostly(video, [0.5, 0.5], isMagenta), { timeout: 30_000 }).toBe(true);
    await expect(page.getByText(/^About ([3-9]|1\d|2[0-5]) seconds behind$/)).toBeVisible();
    await expect(page.getByText("The direct picture cannot be reached from here")).toBeVisible();
    await expect(direct(page)).toHaveCount(0);
    await expectAccessible(page);
  });

  await test.step("it goes back to the beginning, and to now", async () => {
    // So much that being at the beginning is something else than being at now.
    await expect.poll(() => timeOf(video), { timeout: 40_000 }).toBeGreaterThan(12);
    await page.getByRole("button", { name: "From the beginning" }).click();
    await expect.poll(() => timeOf(video)).toBeLessThan(6);
    expect(await advances(video)).toBe(true);
    await page.getByRole("button", { name: "Jump to live" }).click();
    await expect.poll(() => timeOf(video)).toBeGreaterThan(12);
    expect(await advances(video)).toBe(true);
  });

  await test.step("the direct picture comes back by itself when it can", async () => {
    await page.evaluate(() => Object.assign(window, { mediaMayPass: true }));
    await expect(direct(page)).toBeVisible({ timeout: 90_000 });
    await expect(video).toHaveCount(0);
    expect(await advances(direct(page))).toBe(true);
  });

  await test.step("it ends with the pass", async () => {
    await page.getByRole("button", { name: "Watch with a delay" }).click();
    await expect.poll(() => advances(video), { timeout: 30_000 }).toBe(true);
    const { space, people, grant } = house;
    const url = new URL(page.url()).origin;
    const byApi = await openGrantByApi(db, { url, space, people, grant });
    await byApi.revoke();
    await expect(video).toHaveCount(0, { timeout: 3_000 });
    await expect(page.getByText("What opens it")).toBeVisible();
  });
});

test("somebody chooses the delayed picture, and the direct one again, on a phone", async ({ person, db }) => {
  const house = await openHouse({ person, db });
  const page = await (await person({ userId: house.people.viewer.id, width: 360 })).newPage();
  await page.goto(house.path);
  await expect(direct(page)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Watch with a delay" }).click({ timeout: 30_000 });
  await expect(delayedPicture(page)).toBeVisible();
  await expect.poll(() => advances(delayedPicture(page)), { timeout: 30_000 }).toBe(true);
  await expectFits(page);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Watch without delay" }).click();
  await expect(direct(page)).toBeVisible();
  expect(await advances(direct(page))).toBe(true);
  await expect(delayedPicture(page)).toHaveCount(0);
  await expectFits(page);

  await page.getByRole("button", { name: "Watch with a delay" }).click();
  await expect.poll(() => advances(delayedPicture(page)), { timeout: 30_000 }).toBe(true);
  await endStream(house.studio);
  await expect(page.getByLabel(/^Replay of/)).toBeVisible({ timeout: 30_000 });
  // Some seconds of it were not seen yet.
  await expect(page.getByText(/^Goes on where you stopped, at \d:\d\d/)).toBeVisible();

  const inStep = page.getByRole("button", { name: "With the picture" });
  await test.step("who stays from before the end talks on, until they watch it", async () => {
    await expect(page.getByRole("button", { name: "All of it" })).toHaveAttribute("aria-pressed", "true");
    await page.getByRole("button", { name: "Start from the beginning" }).click();
    await expect(inStep).toHaveAttribute("aria-pressed", "true");
  });
  await test.step("who comes later is not told how it ends", async () => {
    await page.reload();
    await expect(inStep).toHaveAttribute("aria-pressed", "true");
  });
});

test("whoever would be one too many in the room gets the delayed picture", async ({ person, db }) => {
  const house = await openHouse({ person, db });
  const { url, process: web } = await startSecondWeb({ ROOM_CEILING: "0" });
  try {
    const viewer = await person();
    const { token } = await signIn(db, house.people.viewer.id);
    await viewer.addCookies([{ name: "session", value: token, url, httpOnly: true, sameSite: "Lax" }]);
    const page = await viewer.newPage();
    await page.goto(url + house.path);
    await expect.poll(() => advances(delayedPicture(page)), { timeout: 40_000 }).toBe(true);
    await expect(
      page.getByText("So many people are watching that the picture comes to you with a delay."),
    ).toBeVisible();
    await expect(page.getByText("1 watching", { exact: true })).toBeVisible();
  } finally {
    web.kill("SIGTERM");
  }
});

test("without JavaScript a live stream plays in the browser's own player, back to its beginning, and one talks in its chat", async ({
  person,
  db,
}) => {
  const house = await openHouse({ person, db });
  const page = await (await person({ userId: house.people.viewer.id, script: false })).newPage();
  const video = delayedPicture(page);
  await expect(async () => {
    await page.goto(house.path);
    await expect(video).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 40_000 });
  await expect(page.getByText("1 watching", { exact: true })).toBeVisible();
  await test.step("what one says is read in the list", async () => {
    const field = page.frameLocator('iframe[title="Chat: say something"]');
    const list = page.frameLocator('iframe[title="Chat: what was said"]');
    await field.getByLabel("Say something").fill("Hello from without");
    await field.getByRole("button", { name: "Send" }).click();
    await expect(field.getByText("Sent.")).toBeVisible();
    await expect(list.getByText("Hello from without")).toBeVisible();
    await expect(list.getByText("1 watching")).toBeVisible();
  });
  await page.getByRole("link", { name: "what is recorded so far" }).click();
  await expect(async () => expect(await playsSoFar(page)).toBe(true)).toPass({ timeout: 60_000 });
  await video.evaluate((element: HTMLVideoElement) => {
    element.currentTime = 0;
  });
  await expect.poll(() => timeOf(video)).toBeLessThan(2);
  await expect.poll(() => timeOf(video)).toBeGreaterThan(0.3);
  const lengthOf = () => video.evaluate((element: HTMLVideoElement) => element.duration);
  const before = await lengthOf();
  await page.getByRole("link", { name: "Load it again" }).click();
  await expect.poll(lengthOf).toBeGreaterThan(before);
  await expectFits(page);
});
