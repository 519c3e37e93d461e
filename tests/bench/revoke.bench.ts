import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { lastFrame, noteFrames } from "#tests/browser/last-frame.ts";
import { goLive, launchBrowser, openProfile, openStudio } from "#tests/browser/people.ts";
import { insertGrant, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { pause } from "./processes.ts";

export const name = "revoke";
export const title = "A grant that is taken back until the last decoded frame of its holder";

const viewers = 4;
const rounds = 25;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder"] });
  const db = openDatabase(edition.env.DATABASE_URL);
  const browser = await launchBrowser();
  try {
    const { people, path: address, stream, pass } = await insertPeople(db, { status: "scheduled" });
    const host = { url: edition.url, db, userId: people.host.id, streamId: stream.id };
    const { page: studio } = await openStudio(browser, { ...host, smallPicture: true });
    await goLive(studio);
    const { cookie } = await signIn(db, people.owner.id);
    const seats = await Promise.all(
      Array.from({ length: viewers }, async () => {
        const { id: userId } = await insertUser(db);
        const grant = await insertGrant(db, { passId: pass.id, userId });
        const page = await (await openProfile(browser, { url: edition.url, db, userId })).newPage();
        await page.goto(address);
        return { userId, grantId: grant.id, page };
      }),
    );
    const dark: number[] = [];
    for (let count = 1; count <= rounds; count += 1) {
      for (const { page, grantId, userId } of seats) {
        await page.getByLabel("The host's camera").waitFor({ timeout: 30_000 });
        await noteFrames(page);
        while ((await lastFrame(page)) === 0) await pause(50);
        const begun = Date.now();
        const answer = await fetch(
          `${edition.url}/account/passes/${pass.id}/grants/${grantId}/cancellation`,
          {
            method: "POST",
            headers: { cookie, origin: edition.url },
            body: new URLSearchParams({ reason: "For the test" }),
            redirect: "manual",
          },
        );
        if (answer.status !== 302) throw new Error(`a grant was not taken back (${answer.status})`);
        await page.getByText(/was taken back/).waitFor({ timeout: 15_000 });
        await pause(400);
        dark.push(Math.max(0, (await lastFrame(page)) - begun));
        await db.updateTable("access_grants").set({ status: "active" }).where("id", "=", grantId).execute();
        await notifyChange(db, { kind: "person", userId });
      }
      if (count % 5 === 0)
        say(`${count * viewers} of ${rounds * viewers}: p99 ${round(percentile(dark, 0.99))} ms`);
    }
    const [p50, p99] = [median(dark), percentile(dark, 0.99)];
    return {
      keys: { p50_ms: round(p50), p99_ms: round(p99) },
      rows: [
        {
          what: `grant ended to last decoded frame, median, p99 and slowest of ${dark.length}, ms`,
          value: `${round(p50)} / ${round(p99)} / ${round(Math.max(...dark))}`,
        },
      ],
      missed: p99 > 1_000 ? [`p99 ${round(p99)} ms, goal at most 1000`] : [],
    };
  } finally {
    await browser.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};
