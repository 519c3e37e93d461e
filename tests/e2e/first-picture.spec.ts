import type { Page } from "@playwright/test";
import { RoomServiceClient } from "livekit-server-sdk";
import { pictureOf } from "#tests/browser/fake-devices.ts";
import { goLive } from "#tests/browser/people.ts";
import { insertPeople } from "#tests/factories.ts";
import { expect, expectBegins, expectFits, test } from "./world.ts";

// The player's own scripts come first: whoever waits for the rest sees the stream already. The camera is upright, so that
// the stage beside its picture is looked at as well.
test("the live picture plays before the page's own scripts are there, and goes on in the player", async ({
  person,
  db,
}) => {
  const { people, path, stream } = await insertPeople(db, { status: "scheduled" });
  const hosts = await person({ userId: people.host.id });
  await hosts.addInitScript(pictureOf({ width: 180, height: 320, perSecond: 15 }));
  const studio = await hosts.newPage();
  await studio.goto(`/account/streams/${stream.id}`);
  await goLive(studio);

  const expects = [/net::ERR_FAILED/];
  const watching = await (await person({ userId: people.viewer.id, width: 360, expects })).newPage();
  const early = watching.locator(".first-picture video");
  const camera = watching.getByLabel("The host's camera");

  await test.step("while the page's own script is held back", async () => {
    const letCome = await holdBack(watching, "**/assets/entry.client-*.js");
    await watching.goto(path, { waitUntil: "commit" });
    await expect(early).toBeVisible();
    await expectBegins(early);
    const stage = await watching.locator(".stage-box").boundingBox();
    expect(await early.boundingBox()).toEqual(stage);
    const behind = (selector: string) =>
      watching.locator(selector).evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await behind(".first-picture"), "no words beside the picture").toBe(await behind(".stage"));
    await expect(watching.getByText("Sound is")).toHaveCount(0);

    letCome();
    await expect(camera).toBeVisible();
    await expect(early).toHaveCount(0);
    expect(await behind(".first-picture")).toBe("rgba(0, 0, 0, 0)");
    expect(await camera.boundingBox()).toEqual(stage);
    await expectBegins(camera);
    await expectFits(watching);
  });

  await test.step("the ticket is held back: the page does not wait for it", async () => {
    const letCome = await holdBack(watching, `**${path}/ticket`);
    await watching.goto(path);
    await expect(watching.getByRole("button", { name: "Sound is on" })).toBeVisible();
    await expect(watching.getByText("Connecting you to the picture…").first()).toBeVisible();
    await expect(early).toHaveCount(0);
    letCome();
    await expectBegins(camera);
    await expect(early).toHaveCount(0);
  });

  await test.step("with camera and screen it goes when the large one is seen", async () => {
    await studio.getByRole("button", { name: "Share screen" }).click();
    await expectBegins(watching.getByLabel("The host's screen"));
    await watching.addInitScript(noteHandOver);
    await watching.goto(path);
    await expectBegins(watching.getByLabel("The host's screen"));
    await expect(early).toHaveCount(0);
    // Whichever of the two came first: what is large in that moment has a picture.
    expect(await watching.evaluate(() => (window as { handedOver?: string }).handedOver)).toMatch(
      /^The host's (screen|camera) is seen$/,
    );
  });

  await test.step("the player's code does not come: nobody stays in the room, and it is tried again", async () => {
    const { LIVEKIT_URL = "", LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = process.env;
    const address = LIVEKIT_URL.replace(/^ws/, "http");
    const rooms = new RoomServiceClient(address, LIVEKIT_API_KEY, LIVEKIT_API_SECRET);
    const viewers = async () =>
      (await rooms.listParticipants(stream.id)).filter(
        ({ permission }) => permission?.canPublish === false && permission.hidden === false,
      );
    expect(await viewers()).toHaveLength(1);
    const player = "**/assets/live-picture.client-*.js";
    await watching.route(player, (route) => route.abort());
    await watching.goto(path);
    await expect(watching.getByText("The player could not be loaded.")).toBeVisible();
    await expect(early).toHaveCount(0);
    await expect.poll(viewers).toHaveLength(0);
    await watching.unroute(player);
    await expectBegins(watching.getByLabel("The host's screen"));
  });
});

/** Keeps what the page asks for at `glob` waiting until the answer is called. */
async function holdBack(page: Page, glob: string): Promise<() => void> {
  let letCome = () => {};
  const mayCome = new Promise<void>((resolve) => (letCome = resolve));
  await page.route(glob, async (route) => {
    await mayCome;
    await route.continue();
  });
  return letCome;
}

/** Writes down what stands in the large place in the moment in which the first picture goes. */
function noteHandOver(): void {
  new MutationObserver((changes) => {
    const gone = changes.some(
      ({ target, removedNodes }) =>
        target instanceof Element && target.classList.contains("first-picture") && removedNodes.length > 0,
    );
    // Of camera and screen one may follow the other there.
    if (document.querySelector(".first-picture video")) return;
    if (!gone) return;
    const large = document.querySelector<HTMLVideoElement>("[data-place=large] video");
    const seen = large !== null && large.readyState >= large.HAVE_CURRENT_DATA;
    (window as { handedOver?: string }).handedOver = `${large?.ariaLabel} is ${seen ? "" : "not "}seen`;
  }).observe(document, { childList: true, subtree: true });
}
