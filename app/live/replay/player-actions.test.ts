import { expect, test } from "vitest";
import { perform } from "./player-actions.ts";

/** What is asked of a video element that stands at `currentTime`. */
function video(currentTime: number, duration: number, seekable: [number, number][] = []) {
  const ranges = {
    length: seekable.length,
    start: (index: number) => seekable[index]![0],
    end: (index: number) => seekable[index]![1],
  };
  return { currentTime, duration, seekable: ranges } as unknown as HTMLVideoElement;
}

test("keys seek within what has a length", () => {
  const player = video(50, 100);
  perform({ do: "seek-by", seconds: 10 }, player);
  expect(player.currentTime).toBe(60);
  perform({ do: "seek-to", share: 0.9 }, player);
  perform({ do: "seek-by", seconds: 30 }, player);
  expect(player.currentTime).toBe(100);
});

test("keys seek within what grows as far as it can be sought", () => {
  const player = video(50, Infinity, [[0, 120]]);
  perform({ do: "seek-by", seconds: -10 }, player);
  expect(player.currentTime).toBe(40);
  perform({ do: "seek-to", share: 0.5 }, player);
  expect(player.currentTime).toBe(60);
  perform({ do: "seek-by", seconds: 500 }, player);
  expect(player.currentTime).toBe(120);
});
