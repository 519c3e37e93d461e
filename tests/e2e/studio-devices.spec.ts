import { insertPeople } from "#tests/factories.ts";
import { goLive } from "#tests/browser/people.ts";
import { expect, test } from "./world.ts";

type Track = MediaStreamTrack & { endByBrowser(): void };
type FakeDevices = { denied?: boolean; camera: Track; microphone: Track; screen: Track };
declare global {
  interface Window {
    fakeDevices: FakeDevices;
  }
}

test("without a camera and a microphone the studio says what to do, and a screen alone goes live (F50)", async ({
  person,
  db,
}) => {
  const { people, stream } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.host.id })).newPage();
  await page.goto(`/account/streams/${stream.id}`);
  await page.evaluate(() => void (window.fakeDevices.denied = true));
  await page.getByRole("button", { name: "Turn on camera and microphone" }).click();
  await expect(page.getByText("Your camera is blocked for this page")).toBeVisible();
  await expect(page.getByText("Your microphone is blocked for this page")).toBeVisible();
  await expect(page.getByRole("button", { name: "Go live" })).toBeDisabled();

  await page.getByRole("button", { name: "Share screen" }).click();
  await page.getByRole("button", { name: "Go live" }).click();
  await expect(page.getByText("End stream")).toBeVisible();
  await expect(page.getByLabel("Your screen")).toBeVisible();

  await page.evaluate(() => void (window.fakeDevices.denied = false));
  await page.getByRole("button", { name: "Microphone" }).click();
  await expect(page.getByRole("button", { name: "Microphone", pressed: true })).toBeVisible();
  await expect(page.getByText("Your microphone is blocked for this page")).toBeHidden();
});

test("a stream goes on when its camera is unplugged or sharing is stopped by the browser's bar (F50)", async ({
  person,
  db,
}) => {
  const { people, stream, path } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.host.id })).newPage();
  await page.goto(`/account/streams/${stream.id}`);
  await goLive(page, { share: true });
  const watching = await (await person({ userId: people.viewer.id })).newPage();
  await watching.goto(path);
  await expect(watching.getByLabel("The host's screen")).toBeVisible();

  await page.evaluate(() => window.fakeDevices.screen.endByBrowser());
  await expect(page.getByRole("button", { name: "Share screen" })).toBeVisible();
  await expect(watching.getByLabel("The host's screen")).toBeHidden();
  await expect(watching.getByLabel("The host's camera")).toBeVisible();

  await page.evaluate(() => window.fakeDevices.camera.endByBrowser());
  await expect(page.getByText("Your camera was unplugged or taken away")).toBeVisible();
  await expect(page.getByRole("button", { name: "Microphone", pressed: true })).toBeVisible();
  await expect(page.getByText("End stream")).toBeVisible();

  await page.getByRole("button", { name: "Camera" }).click();
  await expect(page.getByLabel("Your camera")).toBeVisible();
  await expect(watching.getByLabel("The host's camera")).toBeVisible();
});

test("leaving the studio by a link while live asks first", async ({ person, db }) => {
  const { people, stream } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.host.id })).newPage();
  await page.goto(`/account/streams/${stream.id}`);
  await goLive(page);
  await page.getByRole("link", { name: "Passes" }).click();
  await page.getByRole("button", { name: "Stay here" }).click();
  await expect(page.getByText("End stream")).toBeVisible();
  await page.getByRole("link", { name: "Passes" }).click();
  await page.getByRole("button", { name: "Leave anyway" }).click();
  await expect(page).toHaveURL(/\/account\/passes/);
});
