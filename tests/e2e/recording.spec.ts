import type { Page } from "@playwright/test";
import { insertPeople } from "#tests/factories.ts";
import { insertReadyRecording } from "#tests/ready-recording.ts";
import { expect, expectLooks, test } from "./world.ts";

/** Seconds that the video of a page is long, once it knows. */
const lengthOf = (page: Page) =>
  page.locator("video").evaluate((video: HTMLVideoElement) => Math.round(video.duration));

test("a host cuts a recording where the player is, viewers get what is left at once, and it is undone", async ({
  person,
  db,
}) => {
  const { people, path, stream } = await insertPeople(db, { status: "live" });
  await insertReadyRecording(process.env, stream.id);
  const viewer = await (await person({ userId: people.viewer.id })).newPage();
  await viewer.goto(path);
  await expect.poll(() => lengthOf(viewer)).toBe(6);

  const host = await (await person({ userId: people.host.id })).newPage();
  await host.goto(`/account/streams/${stream.id}/recording`);
  await expect(host.getByText("Plays for")).toBeVisible();
  await expectLooks(host);
  await host.getByRole("link", { name: "Cut it" }).click();
  await expect.poll(() => lengthOf(host)).toBe(6);
  await expectLooks(host);
  await host.locator("video").evaluate((video: HTMLVideoElement) => {
    video.currentTime = 2.4;
  });
  await host.getByRole("button", { name: "Begin where the player is" }).click();
  await expect(host.getByLabel("Begins at")).toHaveValue("0:02.4");
  await host.getByRole("button", { name: "Save this cut" }).click();
  await expect(host.getByText("each cut was made at the key frame nearest to it")).toBeVisible();
  await expect.poll(() => lengthOf(host)).toBe(4);
  await expect.poll(() => lengthOf(viewer)).toBe(4);

  await host.getByRole("button", { name: "Undo the last cut" }).click();
  await expect(host.getByText("Undone.")).toBeVisible();
  await expect.poll(() => lengthOf(viewer)).toBe(6);

  await host.getByRole("button", { name: "Hide it from viewers" }).click();
  await expect(host.getByText("Hidden. Only your team can see it.")).toBeVisible();
  await expect(viewer.getByText("The team has hidden the replay for now.")).toBeVisible();
  await host.getByRole("button", { name: "Show it to viewers again" }).click();
  await expect.poll(() => lengthOf(viewer)).toBe(6);
});

test("the pages of a recording fit, and Axe finds nothing; chapters lead to their moments", async ({
  person,
  db,
}) => {
  const { people, path, space, stream } = await insertPeople(db, { status: "live" });
  await insertReadyRecording(process.env, stream.id);
  const page = await (await person({ userId: people.owner.id })).newPage();
  const recording = `/account/streams/${stream.id}/recording`;
  for (const address of [
    `${recording}/chapters`,
    `${recording}/picture`,
    `${recording}/deletion`,
    `/account/space/recordings?space=${space.slug}`,
  ]) {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectLooks(page);
  }
  await page.goto(`${recording}/chapters`);
  await page.getByLabel("Chapter 1 begins at").fill("0:04");
  await page.getByLabel("Title of chapter 1").fill("The last third");
  await page.getByRole("button", { name: "Save the chapters" }).click();
  await expect(page.getByText("The chapters are saved.")).toBeVisible();

  const viewer = await (await person({ userId: people.viewer.id })).newPage();
  await viewer.goto(path);
  await expect.poll(() => lengthOf(viewer)).toBe(6);
  await expectLooks(viewer);
  await viewer.getByRole("link", { name: "0:04 The last third" }).click();
  await expect
    .poll(() => viewer.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime))
    .toBeGreaterThanOrEqual(4);
  expect(new URL(viewer.url()).search).toBe("");
  const linked = await (await person({ userId: people.viewer.id })).newPage();
  await linked.goto(`${path}?t=4`);
  await expect
    .poll(() => linked.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime))
    .toBeGreaterThanOrEqual(4);

  await page.goto(`${recording}/deletion`);
  await page.getByRole("button", { name: "Delete the recording" }).click();
  await expect(page.getByText("This recording was deleted")).toBeVisible();
  await expectLooks(page);
  await expect(viewer.getByText("The replay of this stream was taken away.")).toBeVisible();
  await page.getByRole("button", { name: "Restore it" }).click();
  await expect(page.getByText("Restored, just as it was.")).toBeVisible();
});
