import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "@playwright/test";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { endStream, goLive, launchBrowser, openProfile } from "#tests/browser/people.ts";
import { insertPeople } from "#tests/factories.ts";
import { type Bench, type Measured, round } from "./bench.ts";

export const name = "weight";
export const title = "Gzipped JavaScript of each page state, in a fresh profile";

type Weighed = { kib: number; chatKib: number; hlsKib: number };

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh" });
  const db = openDatabase(edition.env.DATABASE_URL);
  const browser = await launchBrowser();
  const url = edition.url;
  try {
    const { people, stream, path: watchPath } = await insertPeople(db, { status: "scheduled" });
    const weigh = (userId: string | null, page: string, ready: (page: Page) => Promise<void>) =>
      weighed(browser, { url, db, userId }, page, ready);
    const shown = (page: Page) => page.getByRole("heading", { level: 1 }).first().waitFor();

    const home = await weigh(null, "/", shown);
    const before = await weigh(people.viewer.id, watchPath, shown);
    say("home and announced weighed; going live …");

    const host = await openProfile(browser, { url, db, userId: people.host.id });
    const hostPage = await host.newPage();
    const studio = countScripts(hostPage);
    await hostPage.goto(`/account/streams/${stream.id}`);
    await goLive(hostPage);
    const studioKib = (await studio()).kib;
    const live = await weigh(people.viewer.id, watchPath, async (page) => {
      await page.getByLabel("The host's camera").waitFor();
      await page.getByLabel("Message", { exact: true }).waitFor();
    });
    if (live.chatKib === 0) throw new Error("the chat's code was not seen");
    await hostPage.getByText(/verified until/i).waitFor({ timeout: 60_000 });
    await endStream(hostPage);
    say("live and studio weighed; waiting for the replay …");
    await hostPage.getByRole("link", { name: "Watch the replay" }).waitFor({ timeout: 60_000 });
    const replay = await weigh(people.viewer.id, watchPath, (page) =>
      page.getByLabel(/^Replay of/).waitFor(),
    );
    const hls = await hlsWeight();

    const keys = {
      before_kib: round(before.kib, 1),
      live_kib: round(live.kib, 1),
      chat_kib: round(live.chatKib, 1),
      hls_kib: round(hls, 1),
      studio_kib: round(studioKib, 1),
      replay_kib: round(replay.kib, 1),
      home_kib: round(home.kib, 1),
    };
    const goals = [
      ["before", keys.before_kib, 110],
      ["live", keys.live_kib, 290],
      ["home", keys.home_kib, 110],
    ] as const;
    return {
      keys,
      rows: Object.entries(keys).map(([what, kib]) => ({
        what: what.replace("_kib", ", KiB"),
        value: String(kib),
      })),
      missed: goals
        .filter(([, kib, most]) => kib > most)
        .map(([what, kib, most]) => `${what} ${kib} KiB, goal at most ${most}`),
    };
  } finally {
    await browser.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** Adds up the scripts of a page as they come; hls.js apart, and what the chat asks for, which is last and begins with its room. */
function countScripts(page: Page): () => Promise<Weighed> {
  const bodies: Promise<{ file: string; bytes: number; chat: boolean }>[] = [];
  const ofChat = new Set<string>();
  page.on("request", (request) => {
    const file = new URL(request.url()).pathname;
    if (ofChat.size > 0 || /\/chat-room\.client/.test(file)) ofChat.add(file);
  });
  page.on("response", (response) => {
    const file = new URL(response.url()).pathname;
    if (!file.endsWith(".js") || response.status() !== 200) return;
    bodies.push(
      response.body().then((body) => ({ file, bytes: gzipSync(body).length, chat: ofChat.has(file) })),
    );
  });
  return async () => {
    const all = await Promise.all(bodies);
    const kib = (files: typeof all) => files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024;
    const isHls = ({ file }: { file: string }) => /\/hls\.light-/.test(file);
    const isOwn = (each: (typeof all)[number]) => !isHls(each) && !each.chat;
    return {
      kib: kib(all.filter(isOwn)),
      chatKib: kib(all.filter(({ chat }) => chat)),
      hlsKib: kib(all.filter(isHls)),
    };
  };
}

async function weighed(
  browser: Browser,
  who: Parameters<typeof openProfile>[1],
  address: string,
  ready: (page: Page) => Promise<void>,
): Promise<Weighed> {
  const profile = await openProfile(browser, who);
  const page = await profile.newPage();
  const count = countScripts(page);
  await page.goto(address);
  await ready(page);
  // What a page loads when it has nothing else to do counts too.
  await page.waitForTimeout(4000);
  const found = await count();
  await profile.close();
  if (found.kib === 0) throw new Error(`no script was loaded on ${address}`);
  return found;
}

/** Chromium plays HLS itself and never loads it, so its file is weighed where the build wrote it. */
async function hlsWeight(): Promise<number> {
  const { readdir, readFile } = await import("node:fs/promises");
  const folder = path.join(import.meta.dirname, "../../build/client/assets");
  const file = (await readdir(folder)).find((each) => /^hls\.light-.*\.js$/.test(each));
  if (!file) throw new Error("the build has no hls.js");
  return gzipSync(await readFile(path.join(folder, file))).length / 1024;
}
