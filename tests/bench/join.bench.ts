import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { AccessToken, RoomServiceClient } from "livekit-server-sdk";
import { build } from "vite";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { launchBrowser, openProfile } from "#tests/browser/people.ts";
import { startPublisher } from "#tests/contract/publisher.ts";
import { insertGrant, insertPeople, insertUser } from "#tests/factories.ts";
import { type Bench, type Measured, median, round } from "./bench.ts";

export const name = "join";
export const title = "Navigation to the first decoded frame, in a fresh profile";

const rounds = 9;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder", "worker"] });
  const { LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = edition.env;
  const db = openDatabase(edition.env.DATABASE_URL);
  const browser = await launchBrowser();
  const base = await serveBase();
  const cast = await insertPeople(db, { status: "live" });
  const room = cast.stream.id;
  await new RoomServiceClient(
    LIVEKIT_URL.replace(/^ws/, "http"),
    LIVEKIT_API_KEY,
    LIVEKIT_API_SECRET,
  ).createRoom({
    name: room,
  });
  const publisher = await startPublisher({
    url: LIVEKIT_URL,
    apiKey: LIVEKIT_API_KEY,
    apiSecret: LIVEKIT_API_SECRET,
    room,
    camera: { width: 640, height: 360 },
  });
  try {
    const token = new AccessToken(LIVEKIT_API_KEY, LIVEKIT_API_SECRET, { identity: "base", ttl: 3600 });
    token.addGrant({ room, roomJoin: true, canSubscribe: true, canPublish: false });
    const hash = [LIVEKIT_URL, await token.toJwt()].map(encodeURIComponent).join("|");
    const one = async <T>(address: string, measure: (page: Page) => Promise<T>): Promise<T> => {
      // Somebody else each time: a profile is a device, and a pass has two places.
      const { id: userId } = await insertUser(db);
      await insertGrant(db, { passId: cast.pass.id, userId });
      const profile = await openProfile(browser, { url: edition.url, db, userId });
      const page = await profile.newPage();
      await watchForFrame(page);
      await page.goto(address, { waitUntil: "commit" });
      const measured = await measure(page);
      await profile.close();
      return measured;
    };
    const oursAt = edition.url + cast.path;
    const baseAt = `${base.url}/#${hash}`;
    // The servers' own first time counts for neither.
    await one(baseAt, firstFrame);
    await one(oursAt, firstFrameAndWhole);
    const ours: number[] = [];
    const bare: number[] = [];
    const wholes: number[] = [];
    for (let time = 1; time <= rounds; time++) {
      bare.push(await one(baseAt, firstFrame));
      const { ms, whole } = await one(oursAt, firstFrameAndWhole);
      ours.push(ms);
      wholes.push(whole);
      say(`${time} of ${rounds}: ours ${round(ours.at(-1)!)} ms, bare ${round(bare.at(-1)!)} ms`);
    }
    const ratio = median(ours.map((ms, index) => ms / bare[index]!));
    return {
      keys: {
        ratio: round(ratio, 2),
        ours_ms: round(median(ours)),
        base_ms: round(median(bare)),
        whole_ms: round(median(wholes)),
      },
      rows: [
        { what: "the live watch page, ms", value: ours.map((ms) => round(ms)).join(", ") },
        { what: "until the player has it, with sound, ms", value: wholes.map((ms) => round(ms)).join(", ") },
        { what: "40 lines of livekit-client, ms", value: bare.map((ms) => round(ms)).join(", ") },
      ],
      missed: ratio > 1.5 ? [`ratio ${round(ratio, 2)}, goal at most 1.5`] : [],
    };
  } finally {
    publisher.kill();
    base.close();
    await browser.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** In ms since the navigation began. */
type Moments = {
  /** The first picture of any `<video>` was decoded. */
  firstFrame?: number;
  /** The first one of a `<video>` with a name: the player's own, which has controls. */
  playersFrame?: number;
  /** An `<audio>` began to play. */
  sound?: number;
};

/** Notes these moments in the page's window. */
async function watchForFrame(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const moments = window as Moments;
    const seen = new WeakSet<HTMLVideoElement>();
    const look = () => {
      for (const video of document.querySelectorAll("video")) {
        if (seen.has(video)) continue;
        seen.add(video);
        video.requestVideoFrameCallback(() => {
          moments.firstFrame ??= performance.now();
          if (video.ariaLabel) moments.playersFrame ??= performance.now();
        });
      }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
    document.addEventListener(
      "playing",
      ({ target }) => {
        if (target instanceof HTMLAudioElement) moments.sound ??= performance.now();
      },
      true,
    );
  });
}

async function firstFrame(page: Page): Promise<number> {
  const found = await page.waitForFunction(() => (window as Moments).firstFrame, undefined, {
    timeout: 30_000,
    polling: 20,
  });
  return (await found.jsonValue()) ?? Number.NaN;
}

/** Only our page has a picture with its controls, and the sound. */
async function firstFrameAndWhole(page: Page): Promise<{ ms: number; whole: number }> {
  return { ms: await firstFrame(page), whole: await wholeAt(page) };
}

/** When the player itself shows the picture, and the sound plays. */
async function wholeAt(page: Page): Promise<number> {
  const found = await page.waitForFunction(
    () => {
      const { playersFrame, sound } = window as Moments;
      return playersFrame && sound ? Math.max(playersFrame, sound) : undefined;
    },
    undefined,
    { timeout: 30_000, polling: 20 },
  );
  return (await found.jsonValue()) ?? Number.NaN;
}

/** The bare page and its one script, packed as ours are. */
async function serveBase(): Promise<{ url: string; close(): void }> {
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      target: "es2022",
      rollupOptions: { input: path.join(import.meta.dirname, "join-base.ts") },
    },
  });
  const [output] = [built].flat();
  if (!output || !("output" in output)) throw new Error("the baseline was not built");
  const chunk = output.output.find((each) => each.type === "chunk");
  if (!chunk || chunk.type !== "chunk") throw new Error("the baseline has no script");
  const script = gzipSync(chunk.code);
  const page = gzipSync(
    '<!doctype html><title>Base</title><link rel="icon" href="data:,"><video autoplay muted playsinline></video><script type="module" src="/base.js"></script>',
  );
  const server = createServer((request, response) => {
    const isScript = request.url === "/base.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.setHeader("content-encoding", "gzip");
    response.end(isScript ? script : page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
