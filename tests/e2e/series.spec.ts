import type { Page } from "@playwright/test";
import { insertPeople } from "#tests/factories.ts";
import type { Db } from "#db/client.ts";
import { expect, expectLooks, test } from "./world.ts";

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const weekday = (day: string) =>
  new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));

async function fillIn(page: Page, { day, times }: { day: string; times: string }) {
  await page.goto("/account/streams/new");
  await page.getByLabel("Title").fill("Monday critique");
  await page.getByLabel("Day", { exact: true }).fill(day);
  await page.getByLabel("Time", { exact: true }).fill("20:00");
  await page.getByLabel("Time zone").selectOption("Europe/Berlin");
  await page.getByLabel("Repeats").selectOption("weekly");
  await page.getByLabel("Or how many times").fill(times);
}

const rowsOf = (db: Db, experienceId: string) =>
  db
    .selectFrom("streams")
    .select(["id", "slug", "title", "status", "wall_time", "series_day"])
    .where("experience_id", "=", experienceId)
    .where("series_id", "is not", null)
    .orderBy("series_day")
    .execute();

for (const script of [true, false]) {
  const how = script ? "with" : "without";

  test(`a week's series with one moved, and the rest cancelled from one on, ${how} scripts`, async ({
    person,
    db,
  }) => {
    const { people, experience, space } = await insertPeople(db, { status: "ended" });
    const page = await (await person({ userId: people.host.id, script })).newPage();
    const day = inDays(8);
    await page.goto("/account/streams/new");
    await expect(page.getByLabel("Until")).toBeHidden();
    await fillIn(page, { day, times: "5" });

    const dates = page.getByRole("region", { name: "Its dates" });
    if (!script) {
      await page.getByRole("button", { name: "Schedule" }).click();
      await expect(page.getByText("Nothing is scheduled yet.")).toBeVisible();
    }
    await expect(dates.getByText(`Every week on ${weekday(day)}`)).toBeVisible();
    await expect(dates.getByRole("listitem")).toHaveCount(5);
    await expectLooks(page, { script });
    expect(await rowsOf(db, experience.id)).toEqual([]);
    await page.getByRole("button", { name: "Schedule" }).click();
    await expect(page.getByText("is scheduled")).toBeVisible();
    await expect(page.getByText(`Every week on ${weekday(day)}, until`)).toHaveCount(6);
    await expectLooks(page, { script });
    const rows = await rowsOf(db, experience.id);
    expect(rows).toHaveLength(5);

    // One is moved by itself.
    await page.goto(`/account/streams/${rows[1]!.id}/edit`);
    await expect(page.getByText("for this stream alone")).toBeVisible();
    await expectLooks(page, { script });
    await page.getByLabel("Day", { exact: true }).fill(inDays(16));
    await page.getByLabel("Time", { exact: true }).fill("18:30");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("is saved")).toBeVisible();

    // This and all following begin later; what was moved stays.
    await page.goto(`/account/streams/${rows[0]!.id}/edit`);
    await page.getByRole("link", { name: "Change this and all following" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This and all following");
    await page.getByLabel("Time", { exact: true }).fill("21:00");
    if (script) await expect(dates.getByText("21:00").first()).toBeVisible();
    else await page.getByRole("button", { name: "Save this and all following" }).click();
    await expect(dates.getByRole("listitem")).toHaveCount(5);
    await expect(page.getByText("One was changed by itself")).toBeVisible();
    await expectLooks(page, { script });
    await page.getByRole("button", { name: "Save this and all following" }).click();
    await expect(page.getByText("is saved, and so are those that follow")).toBeVisible();
    const times = (await rowsOf(db, experience.id)).map(({ wall_time }) => wall_time.slice(11));
    expect(times).toEqual(["21:00", "18:30", "21:00", "21:00", "21:00"]);

    // This and all following are cancelled.
    await page.goto(`/account/streams/${rows[3]!.id}/cancel`);
    await page.getByRole("link", { name: "Cancel this and all following" }).click();
    await expect(page.getByText("These 2 streams are cancelled")).toBeVisible();
    await expectLooks(page, { script });
    await page.getByRole("button", { name: "Cancel this and all following" }).click();
    await expect(page.getByText("is cancelled, and so are those that follow")).toBeVisible();
    const now = await rowsOf(db, experience.id);
    expect(now.map(({ status }) => status)).toEqual([
      ...["scheduled", "scheduled", "scheduled", "cancelled", "cancelled"],
    ]);

    const viewer = await (await person({ userId: people.viewer.id, script })).newPage();
    const path = (slug: string) => `/${space.slug}/${experience.slug}/streams/${slug}`;
    await viewer.goto(path(rows[2]!.slug));
    await expect(viewer.getByText(`Part of a series. Every week on ${weekday(day)}`)).toBeVisible();
    await expectLooks(viewer, { script });
    await viewer.goto(path(rows[4]!.slug));
    await expect(viewer.getByText("This stream was cancelled", { exact: true })).toBeVisible();
  });
}

test("dates are told while somebody types, and what is wrong with them", async ({ person, db }) => {
  const { people } = await insertPeople(db, { status: "ended" });
  const page = await (await person({ userId: people.host.id })).newPage();
  await fillIn(page, { day: inDays(8), times: "10000" });
  const dates = page.getByRole("region", { name: "Its dates" });
  await expect(dates.getByText("A series has at most 104 streams")).toBeVisible();
  await expectLooks(page);
  await page.getByLabel("Or how many times").fill("60");
  await expect(dates.getByText(/60 streams, times in Europe\/Berlin/)).toBeVisible();
  await expect(dates.getByText(/Clocks (change on this day|have changed)/).first()).toBeVisible();
  await expectLooks(page);
  await page.getByLabel("Repeats").selectOption("It does not");
  await expect(dates).toBeHidden();
  await page.getByRole("button", { name: "Schedule" }).click();
  await expect(page.getByText("is scheduled")).toBeVisible();
});
