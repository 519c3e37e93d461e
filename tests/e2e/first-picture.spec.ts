import { goLive } from "#tests/browser/people.ts";
import { insertPeople } from "#tests/factories.ts";
import { expect, expectBegins, expectFits, test } from "./world.ts";

// The player's own scripts come first: whoever waits for the rest sees the stream already.
test("the live picture plays before the page's own scripts are there, and goes on in the player", async ({
  person,
  db,
}) => {
  const { people, path, stream } = await insertPeople(db, { status: "scheduled" });
  const studio = await (await person({ userId: people.host.id })).newPage();
  await studio.goto(`/account/streams/${stream.id}`);
  await goLive(studio);

  const watching = await (await person({ userId: people.viewer.id, width: 360 })).newPage();
  let letCome = () => {};
  const mayCome = new Promise<void>((resolve) => (letCome = resolve));
  await watching.route("**/assets/entry.client-*.js", async (route) => {
    await mayCome;
    await route.continue();
  });
  await watching.goto(path, { waitUntil: "commit" });
  const early = watching.locator(".first-picture video");
  await expect(early).toBeVisible();
  await expectBegins(early);
  const stage = await watching.locator(".stage-box").boundingBox();
  expect(await early.boundingBox()).toEqual(stage);
  await expect(watching.getByText("Sound is")).toHaveCount(0);

  letCome();
  const camera = watching.getByLabel("The host's camera");
  await expect(camera).toBeVisible();
  await expect(early).toHaveCount(0);
  expect(await camera.boundingBox()).toEqual(stage);
  await expectBegins(camera);
  await expectFits(watching);
});
