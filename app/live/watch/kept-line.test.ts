import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepPlaying } from "./kept-line.client.ts";

/** Where there is no media source a browser plays playlists by itself: what one is asked for is seen at its element. */
class Video extends EventTarget {
  paused = true;
  currentTime = 0;
  sources: string[] = [];
  seekable = { length: 0 };
  set src(address: string) {
    this.sources.push(address);
    this.currentTime = 0;
    this.paused = true;
  }
  async play() {
    this.paused = false;
  }
  pause() {
    this.paused = true;
  }
  removeAttribute() {}
  load() {
    this.currentTime = 0;
  }
}

let server: Server;
let playlist: string;
let status = 200;
beforeEach(async () => {
  server = createServer((_request, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  playlist = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.m3u8`;
});
afterEach(() => void server.close());

function open() {
  const video = new Video();
  const told: string[] = [];
  const line = keepPlaying(
    video as unknown as HTMLVideoElement,
    playlist,
    {
      onRefused: () => void told.push("refused"),
      onAdmitted: () => void told.push("admitted"),
      onMissing: () => void told.push("missing"),
      onLost: (lost) => void told.push(lost ? "lost" : "comes"),
    },
    { firstPauseMs: 50 },
  );
  void video.play();
  return { video, told, line };
}

test("what was refused is asked for again, and plays on where it was", async () => {
  const { video, told, line } = open();
  video.currentTime = 42;
  status = 403;
  video.dispatchEvent(new Event("error"));
  await vi.waitFor(() => expect(told).toContain("refused"));
  status = 200;
  await vi.waitFor(() => expect(video.sources).toHaveLength(2));
  video.dispatchEvent(new Event("loadedmetadata"));
  video.dispatchEvent(new Event("playing"));
  expect(video).toMatchObject({ currentTime: 42, paused: false });
  expect(told).toEqual(["lost", "refused", "admitted", "comes"]);
  line.stop();
});

test("after a loss the browser's own player goes on where it was, and plays", async () => {
  const { video, told, line } = open();
  video.currentTime = 42;
  status = 503;
  video.dispatchEvent(new Event("error"));
  await vi.waitFor(() => expect(video.sources).toHaveLength(2), { timeout: 6_000 });
  expect(told).toEqual(["lost"]);
  video.dispatchEvent(new Event("loadedmetadata"));
  expect(video).toMatchObject({ currentTime: 42, paused: false });
  line.stop();
});

test("one that was paused stays so, and one that is stopped asks nothing more", async () => {
  const { video, told, line } = open();
  video.pause();
  status = 403;
  video.dispatchEvent(new Event("error"));
  await vi.waitFor(() => expect(video.sources).toHaveLength(2));
  expect(told).toEqual(["lost", "refused"]);
  expect(video.paused).toBe(true);
  video.dispatchEvent(new Event("error"));
  await vi.waitFor(() => expect(told.filter((word) => word === "refused")).toHaveLength(2));
  line.stop();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(video.sources).toHaveLength(2);
});
