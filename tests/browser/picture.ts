import type { Locator } from "@playwright/test";

export type Rgb = [red: number, green: number, blue: number];

/** The colours of the fake devices, as far as a lossy encoder keeps them. */
export const isMagenta = ([r, g, b]: Rgb) => r > 130 && g < 110 && b > 130;
export const isGreen = ([r, g, b]: Rgb) => r < 110 && g > 100 && b < 110;
export const isYellow = ([r, g, b]: Rgb) => r > 150 && g > 140 && b < 130;

/** Whether a `<video>` is live: time goes on within `ms`, and pictures with it. */
export async function advances(video: Locator, ms = 1500): Promise<boolean> {
  return video.evaluate(async (element: HTMLVideoElement, ms) => {
    const before = [element.currentTime, element.getVideoPlaybackQuality().totalVideoFrames];
    await new Promise((resolve) => setTimeout(resolve, ms));
    const after = [element.currentTime, element.getVideoPlaybackQuality().totalVideoFrames];
    return after[0]! > before[0]! && after[1]! > before[1]!;
  }, ms);
}

/** The average colour around a place of what a `<video>` shows; `x` and `y` from 0 to 1. */
export async function colorAt(video: Locator, x: number, y: number): Promise<Rgb> {
  return video.evaluate(
    (element: HTMLVideoElement, [x, y]) => {
      const canvas = document.createElement("canvas");
      const [width, height] = [element.videoWidth, element.videoHeight];
      Object.assign(canvas, { width, height });
      const pen = canvas.getContext("2d")!;
      pen.drawImage(element, 0, 0);
      const { data } = pen.getImageData(Math.floor(width * x) - 4, Math.floor(height * y) - 4, 8, 8);
      const sum = [0, 0, 0];
      for (let at = 0; at < data.length; at += 4) for (let c = 0; c < 3; c++) sum[c]! += data[at + c]!;
      return sum.map((each) => each / (data.length / 4)) as [number, number, number];
    },
    [x, y] as const,
  );
}

/** How often `is` holds for a place over about a second: a flash or the wandering bar may be in the way now and then. */
export async function mostly(
  video: Locator,
  [x, y]: [number, number],
  is: (color: Rgb) => boolean,
): Promise<boolean> {
  let held = 0;
  for (let times = 0; times < 10; times++) {
    if (is(await colorAt(video, x, y))) held += 1;
    await new Promise((resolve) => setTimeout(resolve, 130));
  }
  return held >= 7;
}
