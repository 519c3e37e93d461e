import { advances } from "#tests/browser/picture.ts";
import { within } from "#tests/without-webhooks.ts";
import type { Fault } from "./fault.ts";
import { endToReplay, partsInWords, showsCamera, verifiedOf } from "./recorder-tools.ts";
import { goOnAir, promise, publishers, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F20";
export const title = "LiveKit is killed while a stream is live, and has lost every room when it is back";

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    const { edition, say } = tools;
    const before = await streamRow(tools, air.stream.id);
    const [recording] = await recordingsOf(tools, air.stream.id);
    let loads = 0;
    air.watching.on("load", () => (loads += 1));
    say("killing livekit-server (kill -9)");
    const { pid } = edition.part("livekit-server");
    process.kill(pid!, "SIGKILL");
    const restarted = await until(
      () => Promise.resolve(edition.part("livekit-server").pid),
      (now) => now !== undefined && now !== pid,
      { seconds: 20, words: "LiveKit runs again" },
    );
    const host = await until(
      () => publishers(tools, air.stream.id).catch(() => []),
      (found) => found.length === 1,
      { seconds: 30, words: "the host publishes again, once" },
    );
    const camera = air.watching.getByLabel("The host's camera");
    const viewer = await until(
      async () => (await camera.isVisible()) && (await advances(camera, 500)),
      (seen) => seen,
      { seconds: 30, words: "the viewer sees the picture again" },
    );
    const tookMs = host.tookMs + viewer.tookMs;
    promise(tookMs <= within(15) * 1000, `host and viewer are back within 15 s of LiveKit (${tookMs} ms)`);
    const after = await streamRow(tools, air.stream.id);
    promise(
      after.status === "live" && String(after.live_at) === String(before.live_at),
      "it is the same stream, still live",
    );
    promise(loads === 0, "the viewer's page was not loaded again");
    const then = await verifiedOf(tools, air.stream.id);
    const seen = await until(
      async () => {
        const all = await verifiedOf(tools, air.stream.id);
        const newest = [...all.keys()].filter((place) => !then.has(place)).at(-1);
        return newest && (await showsCamera(tools, air.stream.id, newest)) ? newest : undefined;
      },
      (place) => place !== undefined,
      { seconds: 90, words: "the recording shows the host's camera again" },
    );
    const recordings = await recordingsOf(tools, air.stream.id);
    promise(recordings.length === 1 && recordings[0]!.id === recording!.id, "it is the same recording");
    const parts = await endToReplay(tools, air);
    promise(
      parts.some(({ attempt, number }) => `${attempt}/${number}` === seen.value),
      "the replay has it",
    );
    return {
      did: `kill -9 of livekit-server; it ran again after ${restarted.tookMs} ms, without any room`,
      saw: `host and viewer back ${tookMs} ms after that, without a page being loaded; same stream, same recording, which shows the camera again in attempt ${seen.value!.split("/")[0]} after another ${seen.tookMs} ms; replay of parts ${partsInWords(parts)}`,
    };
  } finally {
    await air.close();
  }
};
