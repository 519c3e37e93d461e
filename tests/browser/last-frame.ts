import type { Page } from "@playwright/test";

type Noted = { lastFrame: number };

/** From now on the page notes when the host's picture last got a new frame, by the machine's clock, which is ours too. */
export async function noteFrames(page: Page): Promise<void> {
  await page.getByLabel("The host's camera").evaluate((video: HTMLVideoElement) => {
    const noted = window as unknown as Noted;
    noted.lastFrame = 0;
    const seen = () => {
      noted.lastFrame = Date.now();
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  });
}

/** When that was, in milliseconds of Unix time; 0: none since `noteFrames`. */
export const lastFrame = (page: Page): Promise<number> =>
  page.evaluate(() => (window as unknown as Noted).lastFrame);
