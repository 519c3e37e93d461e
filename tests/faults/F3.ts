import { openStudio } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, publishers, until } from "./studio-tools.ts";

export const name = "F3";
export const title = "The host opens a second tab, and a second device";

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    const [first] = await publishers(tools, air.stream.id);
    tools.say("a second tab, and another browser of the same host");
    const secondTab = await air.host.newPage();
    await secondTab.goto(`/account/streams/${air.stream.id}`);
    await secondTab.getByText(/live in another tab or browser/).waitFor();
    const { page: device } = await openStudio(air.viewerBrowser, {
      url: tools.web.url,
      db: tools.db,
      userId: air.people.host.id,
      streamId: air.stream.id,
    });
    await device.getByText(/live in another tab or browser/).waitFor();
    await device.waitForTimeout(6000);
    const still = await publishers(tools, air.stream.id);
    promise(
      still.length === 1 && still[0] === first,
      "the first tab goes on alone until somebody takes over",
    );

    tools.say("taking over on the device");
    await device.getByRole("button", { name: "Take over here" }).click();
    await device.getByRole("button", { name: "Turn on camera and microphone" }).click();
    await until(
      () => publishers(tools, air.stream.id),
      (found) => found.length === 1 && found[0] !== first,
      { seconds: 20, words: "the device publishes, and only it" },
    );
    await air.studio.getByText(/live in another tab or browser/).waitFor();
    const seen = new Set<string>();
    for (let times = 0; times < 10; times++) {
      const found = await publishers(tools, air.stream.id);
      promise(found.length <= 1, "never two at once");
      for (const identity of found) seen.add(identity);
      await device.waitForTimeout(1000);
    }
    promise(seen.size === 1, "no war: the same one publishes all the time");
    const camera = air.watching.getByLabel("The host's camera");
    promise(await advances(camera), "the viewer sees the new picture");
    return {
      did: "opened the studio in a second tab and on a second device, waited, took over there, watched for 10 s",
      saw: "the first went on until the take-over; then one publisher, always the same, and the viewer saw it",
    };
  } finally {
    await air.close();
  }
};
