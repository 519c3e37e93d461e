import { sql } from "kysely";
import { advances } from "#tests/browser/picture.ts";
import type { Fault } from "./fault.ts";
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
    promise(tookMs <= 15_000, `host and viewer are back within 15 s of LiveKit (${tookMs} ms)`);
    const after = await streamRow(tools, air.stream.id);
    promise(
      after.status === "live" && String(after.live_at) === String(before.live_at),
      "it is the same stream, still live",
    );
    promise(loads === 0, "the viewer's page was not loaded again");
    const parts = async () =>
      (
        await sql<{ attempts: number; segments: number; same: boolean }>`
          select count(distinct a.id)::int as attempts, bool_and(r.id = ${recording!.id}::uuid) as same,
            count(s.key) filter (where s.problem is null and s.has_video)::int as segments
          from streaming_recordings r
          join streaming_recording_attempts a on a.recording_id = r.id
          left join streaming_recording_segments s on s.attempt_id = a.id
          where r.stream_id = ${air.stream.id}::uuid
        `.execute(tools.db)
      ).rows[0]!;
    const then = await parts();
    const grown = await until(parts, ({ segments, same }) => same && segments >= then.segments + 3, {
      seconds: 60,
      words: "the same recording goes on, with verified segments",
    });
    return {
      did: `kill -9 of livekit-server; it ran again after ${restarted.tookMs} ms, without any room`,
      saw: `host and viewer back ${tookMs} ms after that, without a page being loaded; same stream, same recording, which goes on in attempt ${grown.value.attempts} (3 verified segments within ${grown.tookMs} ms)`,
    };
  } finally {
    await air.close();
  }
};
