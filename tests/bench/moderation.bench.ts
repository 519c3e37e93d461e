import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { lastFrame, noteFrames } from "#tests/browser/last-frame.ts";
import { goLive, launchBrowser, openProfile, openStudio } from "#tests/browser/people.ts";
import { insertPeople, signIn } from "#tests/factories.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { openHall, openPage, post, say } from "./chat-tools.ts";
import { pause } from "./processes.ts";

export const name = "moderation";
export const title =
  "A deletion until it is gone for the slowest of 50 pages; a ban until the last decoded frame";

const pages = 50;
const deletions = 40;
const bans = 10;

export const run: Bench["run"] = async ({ say: tell }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  tell("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder"] });
  const db = openDatabase(edition.env.DATABASE_URL);
  const browser = await launchBrowser();
  try {
    const hall = await openHall(edition, db, pages);
    const goneAt = new Map<string, number[]>();
    const channels = new Map<string, string>();
    const open = await Promise.all(
      hall.viewers.map(({ id, cookie }) =>
        openPage(edition, { streamId: hall.stream.id, cookie }, (text) => {
          const channelId = /"channelId":"(\w+)"/.exec(text)?.[1];
          if (channelId) channels.set(id, channelId);
          if (!text.includes('"chat-gone"')) return;
          for (const id of (JSON.parse(text) as { ids?: string[] }).ids ?? [])
            goneAt.set(id, [...(goneAt.get(id) ?? []), performance.now()]);
        }),
      ),
    );
    const deleted: number[] = [];
    for (let count = 0; count < deletions; count += 1) {
      const id = await say(hall.address, hall.viewers[count % pages]!, `Message ${count}`);
      if (!id) throw new Error("a message was refused");
      await pause(300);
      const pressed = performance.now();
      if (!(await post(`${hall.address}/messages/${id}/removal`, hall.moderator, {})))
        throw new Error("a deletion was refused");
      while ((goneAt.get(id)?.length ?? 0) < pages) {
        if (performance.now() - pressed > 10_000)
          throw new Error("a page did not hide a message within 10 s");
        await pause(2);
      }
      deleted.push(Math.max(...goneAt.get(id)!) - pressed);
    }
    const [banned, ...others] = hall.viewers;
    const left = banned!.pass.channelId;
    const pressedAt = performance.now();
    if (!(await post(`${hall.address}/people/${banned!.id}/ban`, hall.moderator, { scope: "stream" })))
      throw new Error("a ban was refused");
    while (others.some(({ id }) => (channels.get(id) ?? left) === left)) {
      if (performance.now() - pressedAt > 30_000) throw new Error("the chat did not move within 30 s");
      await pause(2);
    }
    const moved = performance.now() - pressedAt;
    for (const socket of open) socket.terminate();
    tell(`${deletions} deletions before ${pages} pages; now bans …`);

    const { people, path: watchPath, stream } = await insertPeople(db, { status: "scheduled" });
    const host = { url: edition.url, db, userId: people.host.id, streamId: stream.id };
    const { page: studio } = await openStudio(browser, host);
    await goLive(studio);
    const viewer = await openProfile(browser, { url: edition.url, db, userId: people.viewer.id });
    const { cookie } = await signIn(db, people.moderator.id);
    const moderator = { ...hall.moderator, id: people.moderator.id, cookie };
    const ban = `${edition.url}${watchPath}/chat/people/${people.viewer.id}/ban`;
    const dark: number[] = [];
    const page = await viewer.newPage();
    await page.goto(watchPath);
    for (let count = 1; count <= bans; count += 1) {
      await page.getByLabel("The host's camera").waitFor({ timeout: 30_000 });
      await noteFrames(page);
      await pause(1_500);
      const pressed = Date.now();
      if (!(await post(ban, moderator, { scope: "stream" }))) throw new Error("a ban was refused");
      await page.getByText(/has banned you/).waitFor({ timeout: 15_000 });
      await pause(1_500);
      dark.push(Math.max(0, (await lastFrame(page)) - pressed));
      tell(`ban ${count} of ${bans}: last frame after ${dark.at(-1)} ms`);
      if (!(await post(ban, moderator, { scope: "stream", lift: "1" }))) throw new Error("it was not lifted");
    }

    const [deleteP99, banP99] = [percentile(deleted, 0.99), percentile(dark, 0.99)];
    return {
      keys: { delete_p99_ms: round(deleteP99), ban_p99_ms: round(banP99) },
      rows: [
        {
          what: `deletion, slowest of ${pages} pages, median and p99, ms`,
          value: `${round(median(deleted))} / ${round(deleteP99)}`,
        },
        {
          what: `ban until ${pages - 1} other pages know the chat's next channel, ms`,
          value: `${round(moved)}`,
        },
        {
          what: `ban to last frame, median and p99 of ${bans}, ms`,
          value: `${round(median(dark))} / ${round(banP99)}`,
        },
      ],
      missed: [
        ...(deleteP99 > 1_000 ? [`delete ${round(deleteP99)} ms, goal at most 1000`] : []),
        ...(banP99 > 1_000 ? [`ban ${round(banP99)} ms, goal at most 1000`] : []),
      ],
    };
  } finally {
    await browser.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};
