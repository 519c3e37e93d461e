import { sql } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { goLive } from "#tests/browser/people.ts";
import { delayedPicture, playsSoFar } from "#tests/browser/so-far.ts";
import { inFuture, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { startSecondWeb } from "#tests/second-web.ts";
import { advances, isMagenta, mostly } from "#tests/browser/picture.ts";
import { expect, expectAccessible, expectBegins, expectLooks, test, type World } from "./world.ts";

/** A clock that is an hour off, and the server's that is not. */
const hourOff = `{
  const now = Date.now;
  Date.now = () => now() + 3_600_000;
}`;

async function openLobby(db: World["db"], startsIn: string) {
  const house = await insertPeople(db, { status: "scheduled" });
  const streamId = house.stream.id;
  const change = async (values: Record<string, unknown>) => {
    await db.updateTable("streams").set(values).where("id", "=", streamId).execute();
    await notifyChange(db, { kind: "stream", streamId });
  };
  await change({ starts_at: inFuture(startsIn) });
  return { ...house, streamId, change };
}

test("the lobby counts by the server's clock, tells what the host does, and opens to the live picture without a touch", async ({
  person,
  db,
}) => {
  test.setTimeout(180_000);
  const { people, path, streamId } = await openLobby(db, "9 minutes 30 seconds");
  const viewer = await person({ userId: people.viewer.id, expects: [/status of 426/] });
  await viewer.addInitScript(hourOff);
  const page = await viewer.newPage();
  await page.goto(path);
  const timer = page.getByRole("timer");
  await test.step("the countdown is right although the browser's clock is an hour off, and goes on", async () => {
    await expect(timer).toHaveText(/^09:[0-2]\d$/);
    const first = await timer.textContent();
    await expect(timer).not.toHaveText(first!);
    await expect(page.getByText("1 person is here")).toBeVisible();
  });

  await test.step("after a sleep of a minute, which the browser's own counting misses, it is right again", async () => {
    await page.evaluate(() => {
      const now = performance.now.bind(performance);
      performance.now = () => now() - 60_000;
    });
    await expect(async () => {
      const { left } = await db
        .selectFrom("streams")
        .select(sql<number>`extract(epoch from starts_at - clock_timestamp())::float8`.as("left"))
        .where("id", "=", streamId)
        .executeTakeFirstOrThrow();
      const [minutes, seconds] = (await timer.textContent({ timeout: 500 }))!.split(":").map(Number);
      expect(Math.abs(minutes! * 60 + seconds! - left)).toBeLessThan(2.5);
    }).toPass({ timeout: 15_000 });
  });

  await test.step("it counts minutes where nothing is to move", async () => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await expect(timer).toHaveText(/^[89] min$/);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await expect(timer).toHaveText(/^0[89]:\d\d$/);
  });

  await test.step("a test sound is played, and the connection looked at", async () => {
    await page.getByRole("button", { name: "Play a test sound" }).click();
    await expect(page.getByText("You should have heard three notes.")).toBeVisible();
    await page.getByRole("button", { name: "Check the connection" }).click();
    await expect(page.getByText(/^Ready: this browser can connect to the picture directly/)).toBeVisible();
    await expect(page.locator("video")).toHaveCount(0);
  });

  await test.step("one says that one comes, and takes it back, while the page counts on", async () => {
    const coming = () =>
      db.selectFrom("coming").select("person_id").where("stream_id", "=", streamId).execute();
    await page.getByRole("button", { name: "I'm coming" }).click();
    await expect(page.getByText("You are coming.")).toBeVisible();
    expect(await coming()).toEqual([{ person_id: people.viewer.id }]);
    await page.getByRole("button", { name: "I'm not coming" }).click();
    await expect(page.getByRole("button", { name: "I'm coming" })).toBeVisible();
    expect(await coming()).toEqual([]);
    await expect(page.getByRole("link", { name: "Calendar file" })).toBeVisible();
    await expect(timer).toHaveText(/^0[89]:\d\d$/);
  });

  const studio = await (await person({ userId: people.host.id })).newPage();
  await studio.goto(`/account/streams/${streamId}`);
  await test.step("the host's note is there at once, and changes", async () => {
    const field = studio.getByLabel("Note to those who wait");
    await field.fill("Bring your own footage: https://example.com/footage");
    await studio.getByRole("button", { name: "Save the note" }).click();
    await expect(studio.getByText("Saved. Everybody who waits sees it now.")).toBeVisible();
    await expect(page.getByRole("link", { name: "https://example.com/footage" })).toBeVisible();
    await field.fill("We begin with questions.");
    await studio.getByRole("button", { name: "Save the note" }).click();
    await expect(page.getByText("We begin with questions.")).toBeVisible();
    await expect(page.getByText("Bring your own footage")).toHaveCount(0);
  });
  await expectLooks(page);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expectAccessible(studio);

  await test.step("the host rehearses, and is said to prepare", async () => {
    await expect(page.getByText("Doors are open.", { exact: true })).toBeVisible();
    await studio.getByRole("button", { name: "Turn on camera and microphone" }).click();
    await studio.getByRole("button", { name: "Start rehearsal" }).click();
    await expect(page.getByText("Doors are open. The host is preparing.")).toBeVisible();
    await expect(page.locator("video")).toHaveCount(0);
  });

  await test.step("it goes live, and the picture is there by itself", async () => {
    await studio.getByRole("button", { name: "Go live", exact: true }).click();
    const camera = page.getByLabel("The host's camera");
    await expect(camera).toBeVisible();
    await expectBegins(camera);
    await expect.poll(() => mostly(camera, [0.5, 0.5], isMagenta)).toBe(true);
    await expect(page.getByText("We begin with questions.")).toHaveCount(0);
  });
});

test("a start that has passed is a little later, one that was moved says the new time, and one that was cancelled so", async ({
  person,
  db,
}) => {
  const { people, path, change } = await openLobby(db, "-2 minutes");
  const page = await (await person({ userId: people.viewer.id })).newPage();
  await page.goto(path);
  await expect(page.getByText("It starts a little later.")).toBeVisible();
  await expect(page.getByText("If it is moved or cancelled, this page says so at once.")).toBeVisible();
  await expectLooks(page);
  await change({ starts_at: inFuture("20 minutes") });
  await expect(page.getByText("The start was moved")).toBeVisible();
  await expect(page.getByRole("timer")).toHaveText(/^(19|20):\d\d$/);
  await change({ starts_at: inFuture("3 hours") });
  await expect(page.getByText("The doors open 30 minutes before it starts.")).toBeVisible();
  await expect(page.getByText("The start was moved")).toBeVisible();
  await expectLooks(page);
  await change({ status: "cancelled", cancelled_at: sql`now()` });
  await expect(page.getByText("This stream was cancelled", { exact: true })).toBeVisible();
});

test("without JavaScript the stage asks again by itself until the picture is there, and nobody loses what they write", async ({
  person,
  db,
}) => {
  test.setTimeout(180_000);
  const { people, path, streamId } = await openLobby(db, "2 minutes");
  const page = await (await person({ userId: people.viewer.id, script: false })).newPage();
  await page.goto(path);
  const stage = page.frameLocator('iframe[title="What is on the stage"]');
  const field = page.frameLocator('iframe[title="Chat: say something"]').getByLabel("Say something");
  await expect(stage.getByText("Doors are open.", { exact: true })).toBeVisible();
  await expect(stage.getByText("1 person is here")).toBeVisible();
  await field.fill("Not sent yet");
  const studio = await (await person({ userId: people.host.id })).newPage();
  await studio.goto(`/account/streams/${streamId}`);
  await studio.getByRole("button", { name: "Turn on camera and microphone" }).click();
  await studio.getByRole("button", { name: "Start rehearsal" }).click();
  await expect(stage.getByText("Doors are open. The host is preparing.")).toBeVisible();
  await studio.getByRole("button", { name: "Go live", exact: true }).click();
  const video = stage.getByLabel("The live picture, with a delay");
  await expect(video).toBeVisible({ timeout: 60_000 });
  await expect(video.locator("source")).toHaveAttribute("src", /\/live\.m3u8$/);
  await expect(field).toHaveValue("Not sent yet");
  // Chromium's own player does not begin on what grows: what is so far is a link away.
  await stage.getByRole("link", { name: "what is recorded so far" }).click();
  await expect(delayedPicture(page)).toBeVisible();
  await expect(async () => expect(await playsSoFar(page)).toBe(true)).toPass({ timeout: 60_000 });
});

test("in a crowd, whose turn to join has not come has the delayed picture until then, by itself", async ({
  person,
  db,
}) => {
  test.setTimeout(240_000);
  const { people, path, streamId } = await openLobby(db, "2 minutes");
  // So many others are here, at a server whose room takes one a second; and this page is the last of them.
  for (let others = 0; others < 45; others += 1) {
    const { id: user_id } = await insertUser(db);
    const seen = { stream_id: streamId, user_id, tab: "tab-of-another", audience: true };
    await db
      .insertInto("stream_presence")
      .values({ ...seen, last_seen: inFuture("10 minutes") })
      .execute();
  }
  const { url, process: web } = await startSecondWeb({ ROOM_JOINS_PER_SECOND: "1" });
  try {
    const viewer = await person();
    await viewer.addInitScript("Math.random = () => 0.99");
    const { token } = await signIn(db, people.viewer.id);
    await viewer.addCookies([{ name: "session", value: token, url, httpOnly: true, sameSite: "Lax" }]);
    const page = await viewer.newPage();
    await page.goto(url + path);
    await expect(page.getByText("46 people are here")).toBeVisible();
    const studio = await (await person({ userId: people.host.id })).newPage();
    await studio.goto(`/account/streams/${streamId}`);
    await goLive(studio);
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await expect.poll(() => advances(delayedPicture(page)), { timeout: 40_000 }).toBe(true);
    await expect(page.getByText(/^So many people are coming in at once/)).toBeVisible();
    const camera = page.getByLabel("The host's camera");
    await expect(camera).toHaveCount(0);
    await expect(camera).toBeVisible({ timeout: 60_000 });
    await expectBegins(camera);
    await expect(delayedPicture(page)).toHaveCount(0);
  } finally {
    web.kill("SIGTERM");
  }
});
