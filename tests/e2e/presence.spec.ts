import { sql } from "kysely";
import { RoomServiceClient } from "livekit-server-sdk";
import { launchMortalBrowser, openProfile } from "#tests/browser/people.ts";
import { insertGrant, insertPeople, insertUser } from "#tests/factories.ts";
import { expect, test } from "./world.ts";

// Each of the four is in a browser of their own, which fails in a way of its own.
test("who is watching now is right 15 seconds after tabs were closed, killed, stopped and cut off", async ({
  person,
  db,
}) => {
  const { people, pass, path, stream } = await insertPeople(db, { status: "live" });
  const { LIVEKIT_URL = "", LIVEKIT_API_KEY, LIVEKIT_API_SECRET, PUBLIC_URL: url = "" } = process.env;
  await new RoomServiceClient(
    LIVEKIT_URL.replace(/^ws/, "http"),
    LIVEKIT_API_KEY,
    LIVEKIT_API_SECRET,
  ).createRoom({ name: stream.id });

  const stays = await (await person({ userId: people.viewer.id })).newPage();
  await stays.goto(path);
  const audience = stays.getByRole("region", { name: "Audience" });
  const watching = audience.getByText("watching now");
  await expect(watching).toHaveText("1 person watching now");

  const browsers = await Promise.all(Array.from({ length: 4 }, () => launchMortalBrowser()));
  try {
    const [closed, killed, stopped, cut] = await Promise.all(
      browsers.map(async ({ browser, signal }) => {
        const { id: userId } = await insertUser(db);
        await insertGrant(db, { passId: pass.id, userId });
        const profile = await openProfile(browser, { url, db, userId });
        const page = await profile.newPage();
        await page.goto(path);
        return { profile, page, signal };
      }),
    );
    await expect(watching).toHaveText("5 people watching now");

    await closed!.page.close();
    killed!.signal("SIGKILL");
    stopped!.signal("SIGSTOP");
    await cut!.profile.setOffline(true);
    await expect(watching).toHaveText("1 person watching now", { timeout: 20_000 });
    // The page is told at most every few seconds; the count itself is right within 15.
    const { seen } = await db
      .selectFrom("stream_presence")
      .select(sql<number>`count(distinct user_id)::int`.as("seen"))
      .where("stream_id", "=", stream.id)
      .where("last_seen", ">", sql<Date>`clock_timestamp() - interval '15 seconds'`)
      .executeTakeFirstOrThrow();
    expect(seen).toBe(1);
    await expect(audience.locator("dd")).toHaveText(["5", "5"]);

    stopped!.signal("SIGCONT");
    await cut!.profile.setOffline(false);
    await expect(watching).toHaveText("3 people watching now", { timeout: 30_000 });
    await expect(audience.locator("dd")).toHaveText(["5", "5"]);
  } finally {
    for (const { signal, close } of browsers) {
      signal("SIGCONT");
      await close().catch(() => {});
    }
  }
});
