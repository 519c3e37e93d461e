import { advances } from "#tests/browser/picture.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, publishers, streamRow, until } from "./studio-tools.ts";

export const name = "F2";
export const title = "The host reloads the page, then loses the network for some seconds";

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    const before = await streamRow(tools, air.stream.id);
    let loads = 0;
    air.watching.on("load", () => (loads += 1));
    const camera = air.watching.getByLabel("The host's camera");

    tools.say("reloading the studio");
    const begun = performance.now();
    await air.studio.reload();
    const again = air.studio.getByRole("button", { name: "Turn on camera and microphone" });
    const resume = air.studio.getByRole("button", { name: "Resume here" });
    await again
      .or(resume)
      .or(air.studio.getByRole("button", { name: "Camera", pressed: true }))
      .first()
      .waitFor();
    if (await resume.isVisible()) await resume.click();
    if (await again.isVisible()) await again.click();
    await until(
      () => publishers(tools, air.stream.id),
      (found) => found.length === 1,
      { seconds: 20, words: "the host publishes again, once" },
    );
    await until(
      async () => (await camera.isVisible()) && (await advances(camera, 800)),
      (seen) => seen,
      { seconds: 20, words: "the viewer sees the new picture" },
    );
    const reloadMs = Math.round(performance.now() - begun);

    tools.say("cutting the host's network for 4 s");
    await air.host.setOffline(true);
    await air.studio.waitForTimeout(4000);
    await air.host.setOffline(false);
    await until(
      async () => (await camera.isVisible()) && (await advances(camera, 800)),
      (seen) => seen,
      { seconds: 30, words: "the picture goes on" },
    );
    const after = await streamRow(tools, air.stream.id);
    promise(
      after.status === "live" && String(after.live_at) === String(before.live_at),
      "no state has changed",
    );
    promise(loads === 0, "the viewer's page was not loaded again");
    return {
      did: "reloaded the studio; took its network away for 4 s",
      saw: `same live stream, picture back after ${reloadMs} ms, viewer's page loaded again ${loads} times`,
    };
  } finally {
    await air.close();
  }
};
