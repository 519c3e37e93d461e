import type { Page } from "@playwright/test";

type Noted = { lastFrame: number; pictures: [at: number, presented: number][] };

/** From now on the page notes when the host's picture last got a new frame, by the machine's clock, which is ours too. */
export async function noteFrames(page: Page): Promise<void> {
  await page.getByLabel("The host's camera").evaluate((video: HTMLVideoElement) => {
    const noted = window as unknown as Noted;
    noted.lastFrame = 0;
    noted.pictures = [];
    const seen: VideoFrameRequestCallback = (_now, { presentedFrames }) => {
      noted.lastFrame = Date.now();
      noted.pictures.push([noted.lastFrame, presentedFrames]);
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  });
}

/** When that was, in milliseconds of Unix time; 0: none since `noteFrames`. */
export const lastFrame = (page: Page): Promise<number> =>
  page.evaluate(() => (window as unknown as Noted).lastFrame);

/**
 * How many frames a second the picture got between two instants (milliseconds of Unix time, both since `noteFrames`), and the
 * longest pause between two of them, in milliseconds.
 */
export async function framesBetween(
  page: Page,
  [from, to]: [number, number],
): Promise<{ count: number; perSecond: number; longestPauseMs: number }> {
  const all = await page.evaluate(() => (window as unknown as Noted).pictures);
  const pictures = all.filter(([at]) => at >= from && at <= to);
  const [first, last] = [pictures[0], pictures.at(-1)];
  const count = first && last ? last[1] - first[1] : 0;
  const times = [from, ...pictures.map(([at]) => at), to];
  return {
    count,
    // From the first that was told to the last: what came before and after them is not known.
    perSecond: count > 0 ? (count * 1000) / (last![0] - first![0]) : 0,
    longestPauseMs: Math.max(...times.slice(1).map((at, index) => at - times[index]!)),
  };
}
