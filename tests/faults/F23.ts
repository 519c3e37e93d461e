import { readFile } from "node:fs/promises";
import { sql } from "kysely";
import { openProfile } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import { insertGrant, insertUser } from "#tests/factories.ts";
import { withoutWebhooks } from "#tests/without-webhooks.ts";
import { clockOf, forgetClocks, howShifted, setClock } from "./clocks.ts";
import type { Fault } from "./fault.ts";
import { awaitSegments, endToReplay, gapsOf, recordingProcesses, secondsBetween } from "./recorder-tools.ts";
import { goOnAir, type OnAir, promise, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F23";
export const title = "Clocks of web and worker are five minutes off, each the other way, and jump by ten";
export const edition = { more: { web: clockOf("web"), worker: clockOf("worker") } };

export const run: Fault["run"] = async (tools) => {
  const { db, edition: running, say, web } = tools;
  try {
    say(`web's clock is 5 min ahead, the worker's 5 min behind (${howShifted})`);
    setClock("web", "+5m");
    setClock("worker", "-5m");
    await Promise.all([running.part("web").restart(), running.part("worker").restart()]);
    const date = Date.parse((await fetch(`${web.url}/healthz`)).headers.get("date") ?? "");
    promise(Math.abs(date - Date.now() - 300_000) < 10_000, "web's own clock is really off");
    const air = await goOnAir(tools);
    try {
      const streamId = air.stream.id;
      await awaitSegments(tools, streamId, { attempt: 1, count: 2 });
      const left = await leavesInTime(air);
      const heard = await heardWebhooks();
      promise(withoutWebhooks() || heard > 0, "webhooks are taken");

      say("both clocks jump by ten minutes, the other way");
      setClock("web", "-5m");
      setClock("worker", "+5m");
      await new Promise((resolve) => setTimeout(resolve, 2500));
      const jumped = Date.parse((await fetch(`${web.url}/healthz`)).headers.get("date") ?? "");
      promise(Math.abs(jumped - Date.now() + 300_000) < 10_000, "web's clock has jumped");
      const leftThen = await leavesInTime(air);
      const before = (await awaitSegments(tools, streamId, { attempt: 1, count: 1 })).value;
      await awaitSegments(tools, streamId, { attempt: 1, count: before[0]!.good + 2 });
      promise(recordingProcesses(tools).length === 1, "one recorder, the first");
      promise(withoutWebhooks() || (await heardWebhooks()) > heard, "webhooks are taken after the jump");
      promise((await streamRow(tools, streamId)).status === "live", "the stream is live");
      const absent = (await streamRow(tools, streamId)).host_absent_since;
      promise(absent === null, "the host is not taken for absent");
      const [recording] = await recordingsOf(tools, streamId);
      promise(recording?.reason === "", "nothing is wrong with the recording");
      const parts = await endToReplay(tools, air);
      promise(gapsOf(parts).length === 0, "no gap");
      const { ended_at, live_at } = await streamRow(tools, streamId);
      const lasted = secondsBetween(live_at!, ended_at);
      promise(lasted > 0 && lasted < 280, `the stream lasted as long as it did (${lasted} s)`);
      promise(
        (await readFile(running.part("worker").log, "utf8")).includes(
          "this machine's clock differs from the database's",
        ),
        "the log says that a clock is off",
      );
      return {
        did: `clocks of web and worker 5 min off, each the other way, ${howShifted}; both jumped by 10 min while live`,
        saw: `live, seen, recorded without a gap and replayed; a pass that ran out was over ${left} ms and ${leftThen} ms after its instant by the database's clock; ${withoutWebhooks() ? "no webhooks" : "webhooks taken"}; the log says which clock is off`,
      };
    } finally {
      await air.close();
    }
  } finally {
    forgetClocks();
  }

  /** A new viewer joins, and is put out when their grant ends by the database's clock; gives how many ms later. */
  async function leavesInTime(air: OnAir): Promise<number> {
    const { id: userId } = await insertUser(db);
    await db.updateTable("access_passes").set({ at_expiry: "cut" }).where("id", "=", air.pass.id).execute();
    const { id } = await insertGrant(db, { passId: air.pass.id, userId });
    const profile = await openProfile(air.viewerBrowser, { url: web.url, db, userId });
    try {
      const page = await profile.newPage();
      await page.goto(air.path);
      const camera = page.getByLabel("The host's camera");
      await camera.waitFor({ timeout: 30_000 });
      promise(await advances(camera), "a viewer who joins now sees the picture");
      await sql`update access_grants set ends_at = clock_timestamp() + interval '6 seconds' where id = ${id}`.execute(
        db,
      );
      await page.waitForTimeout(3500);
      promise(await camera.isVisible(), "before its instant the pass is good");
      await camera.waitFor({ state: "hidden", timeout: 15_000 });
      const { rows } = await sql<{ ms: number }>`
        select extract(epoch from clock_timestamp() - ends_at)::float8 * 1000 as ms
        from access_grants where id = ${id}`.execute(db);
      const ms = Math.round(rows[0]!.ms);
      promise(ms >= -100 && ms <= 3000, `it ends at its instant (${ms} ms after it)`);
      return ms;
    } finally {
      await profile.close();
    }
  }

  async function heardWebhooks(): Promise<number> {
    const { value } = await until(
      async () =>
        Number(
          (
            await db
              .selectFrom("webhook_events")
              .select(({ fn }) => fn.countAll().as("count"))
              .where("provider", "=", "livekit")
              .executeTakeFirstOrThrow()
          ).count,
        ),
      () => true,
      { seconds: 1, words: "webhooks are counted" },
    );
    return value;
  }
};
