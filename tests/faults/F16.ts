import { signal } from "#local/processes.ts";
import type { Fault } from "./fault.ts";
import {
  attemptsOf,
  awaitSegments,
  endToReplay,
  gapsOf,
  partsInWords,
  recordingProcesses,
  secondsBetween,
} from "./recorder-tools.ts";
import { goOnAir, promise, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F16";
export const title =
  "Webhooks never arrive; web and worker are away while a recorder dies, and while the stream ends";
/** Neither LiveKit nor the recorder has anybody to tell. */
export const edition = { webhooks: false };

export const run: Fault["run"] = async (tools) => {
  const { db, edition: running, say } = tools;
  const air = await goOnAir(tools);
  const streamId = air.stream.id;
  try {
    await awaitSegments(tools, streamId, { attempt: 1, count: 2 });
    const heard = async () =>
      Number(
        (
          await db
            .selectFrom("webhook_events")
            .select(({ fn }) => fn.countAll().as("count"))
            .where("provider", "=", "livekit")
            .executeTakeFirstOrThrow()
        ).count,
      );

    say("stopping web and worker, and killing what records meanwhile");
    await Promise.all([running.part("web").stop(), running.part("worker").stop()]);
    signal(recordingProcesses(tools)[0]!, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    await Promise.all([running.part("web").start(), running.part("worker").start()]);
    const backAt = new Date();
    const attempts = (await awaitSegments(tools, streamId, { attempt: 2, count: 3 })).value;
    const recovered = secondsBetween(backAt, attempts[1]!.active_at);
    promise(recovered <= 60, `another recorder runs within 60 s of their return (${recovered} s)`);
    promise(attempts[0]!.status === "failed" && attempts[0]!.sealed_at !== null, "the dead one is sealed");
    promise((await streamRow(tools, streamId)).status === "live", "the stream is still live");

    say("ending the stream, with the worker killed in the same moment");
    process.kill(running.part("worker").pid!, "SIGKILL");
    const parts = await endToReplay(tools, air);
    const [last] = (await attemptsOf(tools, streamId)).slice(-1);
    promise(last!.status === "complete", `the last attempt is complete, found by asking (${last!.status})`);
    promise(gapsOf(parts).length === 1, "one replay with the one gap marked");
    const [recording] = await recordingsOf(tools, streamId);
    await until(
      () => exportsOf(recording!.id),
      (exports) => exports.length === 3 && exports.every(({ status }) => status === "ready"),
      { seconds: 60, words: "its exports are made" },
    );
    promise((await heard()) === 0, "not one webhook was heard");
    return {
      did: "no webhooks at all; web and worker away for 15 s while the recorder was killed; worker killed as the stream ended",
      saw: `another recorder ${recovered} s after their return; one replay of parts ${partsInWords(parts)} with a gap of ${(gapsOf(parts)[0]! / 1000).toFixed(1)} s marked, last attempt complete, exports made; 0 webhooks heard`,
    };
  } finally {
    await air.close();
  }

  function exportsOf(recordingId: string) {
    return db
      .selectFrom("streaming_recording_exports")
      .select("status")
      .where("recording_id", "=", recordingId)
      .execute();
  }
};
