import { launchMortalBrowser, openStudio } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F1";
export const title = "The host's browser crashes mid-stream";
export const env = { HOST_GRACE_SECONDS: "25" };

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  const second = await launchMortalBrowser();
  try {
    const row = () => streamRow(tools, air.stream.id);
    tools.say("killing the host's browser with -9");
    air.hostBrowser.signal("SIGKILL");
    const absent = await until(row, ({ host_absent_since }) => host_absent_since !== null, {
      seconds: 10,
      words: "the host's absence is known",
    });
    promise(absent.value.status === "live", "the stream stays live");
    await air.watching.getByText("They are reconnecting").first().waitFor({ timeout: 10_000 });
    const [recording] = await recordingsOf(tools, air.stream.id);
    promise(
      recording !== undefined && !["failed", "ready"].includes(recording.status),
      "the recording goes on",
    );

    tools.say("the host comes back in another browser");
    const { page } = await openStudio(second.browser, {
      url: tools.web.url,
      db: tools.db,
      userId: air.people.host.id,
      streamId: air.stream.id,
    });
    const begun = performance.now();
    await page.getByRole("button", { name: /Resume here|Take over here/ }).click();
    await page.getByRole("button", { name: "Turn on camera and microphone" }).click();
    await until(row, ({ host_absent_since }) => host_absent_since === null, {
      seconds: 15,
      words: "the host is back",
    });
    const camera = air.watching.getByLabel("The host's camera");
    await camera.waitFor({ timeout: 30_000 });
    promise(await advances(camera), "the viewer sees the host again, without a reload");
    const backMs = Math.round(performance.now() - begun);

    tools.say("the second browser crashes too, and nobody comes back");
    second.signal("SIGKILL");
    const ended = await until(row, ({ status }) => status === "ended", {
      seconds: 60,
      words: "the stream ends by itself after the grace",
    });
    promise(ended.value.ended_reason === "host_lost", "it says that the host was lost");
    await until(
      () => recordingsOf(tools, air.stream.id),
      ([each]) => each?.status === "ready",
      { seconds: 60, words: "the recording is ready" },
    );
    return {
      did: "kill -9 of the host's browser; resumed in another one; killed that one too, grace 25 s",
      saw: `absence known after ${absent.tookMs} ms, stream live, picture back ${backMs} ms after the click, then ended as host_lost and the recording ready`,
    };
  } finally {
    await Promise.allSettled([air.close(), second.close()]);
  }
};
