import type { Locator, Page } from "@playwright/test";
import { isMagenta, mostly } from "./picture.ts";

/** The live picture from what is recorded: of our player, or the browser's own where no script runs. */
export const delayedPicture = (page: Page): Locator => page.getByLabel("The live picture, with a delay");

/**
 * Loads what is recorded so far once more, on a page without scripts that shows it, and says whether the browser's own
 * player plays it and the host's camera is in it. Chromium's does not begin on a playlist that grows, and says nothing.
 */
export async function playsSoFar(page: Page): Promise<boolean> {
  await page.getByRole("link", { name: "Load it again" }).click();
  const video = delayedPicture(page);
  await video.evaluate(async (element: HTMLVideoElement) => {
    element.muted = true;
    await element.play();
    // Its first seconds may be from before the camera was there.
    element.currentTime = element.duration * 0.6;
  });
  const timeOf = () => video.evaluate((element: HTMLVideoElement) => element.currentTime);
  // No clock of the page's own runs in it.
  const begun = await timeOf();
  for (const until = Date.now() + 5_000; (await timeOf()) < begun + 0.5;) {
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return mostly(video, [0.5, 0.5], isMagenta);
}
