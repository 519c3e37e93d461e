import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { insertPeople, inFuture, unique } from "#tests/factories.ts";
import { readCalendar, type ReadEntry } from "#tests/read-calendar.ts";
import type { Db } from "#db/client.ts";
import { expect, expectLooks, signInByMail, test } from "./world.ts";

/** A stream of tomorrow, whose doors are closed. */
async function insertTomorrow(db: Db) {
  const house = await insertPeople(db, { status: "scheduled" });
  await db
    .updateTable("streams")
    .set({ starts_at: inFuture("1 day") })
    .where("id", "=", house.stream.id)
    .execute();
  return house;
}

const [coming, notComing] = ["I'm coming", "I'm not coming"];
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const offered = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

for (const script of [true, false]) {
  const how = script ? "with scripts" : "without scripts";

  test(`a viewer says that they come, and takes it back, ${how}`, async ({ person, db }) => {
    const { people, path } = await insertTomorrow(db);
    const page = await (await person({ userId: people.viewer.id, script, width: 360 })).newPage();
    const others = await (await person({ userId: people.stranger.id, script })).newPage();
    await page.goto(path);
    await press(page, coming);
    await expect(page.getByText("You are coming")).toBeVisible();
    await expect(page).toHaveURL(path);
    await expectLooks(page, { script });
    await others.goto(path);
    await expect(others.getByText("1 person is coming")).toBeVisible();
    await press(others, coming);
    await expect(others.getByText("You and 1 other are coming")).toBeVisible();
    await expectLooks(others, { script });
    await press(page, notComing);
    await expect(offered(page, coming)).toBeVisible();
    await expect(page.getByText("1 person is coming")).toBeVisible();
    await press(others, notComing);
    await expect(offered(others, coming)).toBeVisible();
  });

  test(`who follows a space finds it in their list, and ends it there, ${how}`, async ({ person, db }) => {
    const { people, space, experience } = await insertTomorrow(db);
    const page = await (await person({ userId: people.stranger.id, script, width: 360 })).newPage();
    await page.goto(`/${space.slug}`);
    await press(page, "Follow");
    await expect(offered(page, "Stop following")).toBeVisible();
    await expectLooks(page, { script });
    await page.goto(`/${space.slug}/${experience.slug}`);
    await expect(page.getByText("You follow its space, and so this.")).toBeVisible();
    await page.getByRole("main").getByRole("link", { name: "What you follow" }).click();
    await expect(page.getByRole("link", { name: space.name })).toBeVisible();
    await expectLooks(page, { script });
    await press(page, `Stop following: ${space.name}`);
    await expect(page.getByText("You follow nothing yet.")).toBeVisible();
  });

  test(`a calendar's address is made, read, replaced and revoked, ${how}`, async ({ person, db }) => {
    const { people, stream } = await insertTomorrow(db);
    const page = await (await person({ userId: people.viewer.id, script, width: 360 })).newPage();
    const read = async (url: string) => {
      const answer = await page.request.get(url);
      return answer.ok() ? readCalendar(await answer.text()).entries.map(({ uid }) => uid) : answer.status();
    };
    await page.goto("/account/calendar");
    await expectLooks(page, { script });
    await press(page, "Make the address");
    const field = page.getByLabel("Give this to your calendar, and to nobody else");
    const first = await field.inputValue();
    expect(await read(first)).toEqual([stream.id]);
    await expect(page.getByRole("link", { name: stream.title })).toBeVisible();
    await expectLooks(page, { script });
    await page.getByText("Make a new address").click();
    await press(page, "Replace the address");
    await expect(page.getByText("This is the new address.")).toBeVisible();
    const second = await field.inputValue();
    expect([await read(first), await read(second)]).toEqual([404, [stream.id]]);
    await page.getByText("Revoke it").click();
    await press(page, "Revoke the address");
    await expect(page.getByText("Revoked.")).toBeVisible();
    expect(await read(second)).toBe(404);
    await expect(offered(page, "Make the address")).toBeVisible();
  });
}

test("who is not signed in presses, signs in, is asked once more, and is counted", async ({ person, db }) => {
  const { path } = await insertTomorrow(db);
  const page = await (await person({ width: 360 })).newPage();
  await page.goto(path);
  await press(page, coming);
  await signInByMail(page, `${unique("coming")}@example.com`);
  await expect(page.getByText("Press once more, and you are counted.")).toBeVisible();
  await expectLooks(page);
  await press(page, coming);
  await expect(page.getByText("You are coming")).toBeVisible();
  await expect(page).toHaveURL(path);
});

test("the keyboard stays on the button that was pressed", async ({ person, db }) => {
  const { people, path } = await insertTomorrow(db);
  const page = await (await person({ userId: people.viewer.id })).newPage();
  await page.goto(path);
  await offered(page, coming).focus();
  await page.keyboard.press("Enter");
  await expect(offered(page, notComing)).toBeFocused();
});

test("the calendar entry of a stream follows it: moved, and cancelled", async ({ person, db }) => {
  const { people, path, stream } = await insertTomorrow(db);
  const viewer = await (await person({ userId: people.viewer.id })).newPage();
  const host = await (await person({ userId: people.host.id })).newPage();
  const edit = `/account/streams/${stream.id}/edit`;

  async function save(): Promise<ReadEntry> {
    await viewer.goto(path);
    const [download] = await Promise.all([
      viewer.waitForEvent("download"),
      viewer.getByRole("link", { name: "Calendar file" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${stream.title}.ics`);
    return readCalendar(await readFile(await download.path(), "utf8")).entries[0]!;
  }

  const first = await save();
  expect(first).toMatchObject({ uid: stream.id, sequence: 0, status: "CONFIRMED", title: stream.title });

  await host.goto(edit);
  const day = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  await host.getByLabel("Day").fill(day);
  await host.getByLabel("Time", { exact: true }).fill("20:00");
  await host.getByRole("button", { name: "Save" }).click();
  await expect(host).not.toHaveURL(edit);
  const moved = await save();
  expect(moved).toMatchObject({ uid: first.uid, sequence: 1, status: "CONFIRMED" });
  expect(moved.startsAt).not.toEqual(first.startsAt);
  const shown = await viewer.getByRole("complementary").locator("time").first().getAttribute("datetime");
  expect(new Date(shown!)).toEqual(moved.startsAt);

  await host.goto(`/account/streams/${stream.id}/cancel`);
  await host.getByRole("button", { name: "Cancel the stream" }).click();
  await expect(host).toHaveURL(/\/account\/streams(\?|$)/);
  const answer = await viewer.request.get(`${path}/calendar.ics`);
  expect(readCalendar(await answer.text()).entries).toMatchObject([
    { uid: first.uid, sequence: 2, status: "CANCELLED", startsAt: moved.startsAt },
  ]);
});

test("links to other calendars carry the stream's words and time, also without scripts", async ({
  person,
  db,
}) => {
  const { people, path, stream } = await insertTomorrow(db);
  const title = 'One, "two"; 👩‍👩‍👧‍👦 & three';
  await db.updateTable("streams").set({ title }).where("id", "=", stream.id).execute();
  const page = await (await person({ userId: people.stranger.id, script: false, width: 360 })).newPage();
  await page.goto(path);
  const ways = page.getByRole("region", { name: "Put it in your calendar" }).getByRole("link");
  const hrefs = await ways.evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  expect(hrefs[0]).toBe(`${path}/calendar.ics`);
  const [google, outlook] = hrefs.slice(1).map((href) => new URL(href).searchParams);
  expect([google!.get("text"), outlook!.get("subject")]).toEqual([title, title]);
  const { starts_at } = await db
    .selectFrom("streams")
    .select("starts_at")
    .where("id", "=", stream.id)
    .executeTakeFirstOrThrow();
  expect(Date.parse(outlook!.get("startdt")!)).toBe(Math.floor(starts_at.getTime() / 1000) * 1000);
  await expectLooks(page, { script: false });
});
