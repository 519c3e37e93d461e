import { signal } from "#local/processes.ts";
import { within } from "#tests/without-webhooks.ts";
import { openEgressDoor } from "./egress-door.ts";
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
import { goOnAir, promise, until } from "./studio-tools.ts";

export const name = "F9";
export const title =
  "StartEgress times out but did start; another one arrives when nobody waits for it any more";

export const run: Fault["run"] = async (tools) => {
  const { edition, say, env } = tools;
  const door = await openEgressDoor(env.LIVEKIT_EGRESS_URL!);
  await edition.part("worker").stop();
  const worker = await edition.addWorker({ env: { LIVEKIT_EGRESS_URL: door.url } });
  try {
    say("going live while the answer of the next StartEgress is lost");
    door.trouble.set("StartRoomCompositeEgress", "no answer");
    const air = await goOnAir(tools);
    try {
      const streamId = air.stream.id;
      const adopted = (await awaitSegments(tools, streamId, { attempt: 1, count: 3 })).value;
      promise(adopted.length === 1 && starts() === 1, "one attempt, and one recorder was asked for");
      promise(adopted[0]!.egress_id !== null, "it was found by its room, and adopted");
      const adoptedAfter = secondsBetween(adopted[0]!.requested_at!, adopted[0]!.active_at);
      promise(recordingProcesses(tools).length === 1, "one recorder");

      say("killing what records, while the next StartEgress arrives 14 s late");
      door.trouble.set("StartRoomCompositeEgress", { lateMs: 14_000 });
      signal(recordingProcesses(tools)[0]!, "SIGKILL");
      const killedAt = new Date();
      const third = (await awaitSegments(tools, streamId, { attempt: 3, count: 1 })).value.at(-1)!;
      const back = secondsBetween(killedAt, third.active_at);
      promise(back <= within(30), `the next attempt records within 30 s (${back} s)`);
      await until(
        () => Promise.resolve(starts()),
        (count) => count === 3,
        { seconds: 20, words: "the late StartEgress has arrived" },
      );
      const alone = await until(
        () => Promise.resolve(recordingProcesses(tools).length),
        (count) => count === 1,
        { seconds: 20, words: "one recorder is left" },
      );
      const attempts = (await awaitSegments(tools, streamId, { attempt: 3, count: 4 })).value;
      promise(attempts.length === 3 && attempts[1]!.good === 0, "nothing of the one that came late counts");
      promise(attempts[2]!.status === "active", "the one that is left is the wanted one");

      say("ending the stream");
      const parts = await endToReplay(tools, air);
      promise(gapsOf(parts).length === 1, "the one gap is marked");
      promise(recordingProcesses(tools).length === 0, "no recorder is left");
      promise((await attemptsOf(tools, streamId)).length === 3, "there were three attempts");
      return {
        did: "lost the answer of a StartEgress; killed what recorded and let the next StartEgress arrive 14 s late",
        saw: `the first was found by listing and adopted (recording ${adoptedAfter} s after it was asked for, 1 start); then the next attempt recorded after ${back} s, the late one was ended ${(alone.tookMs / 1000).toFixed(1)} s after it arrived; one replay of parts ${partsInWords(parts)}`,
      };
    } finally {
      await air.close();
    }
  } finally {
    await worker.stop();
    await edition.part("worker").start();
    door.close();
  }

  function starts() {
    return door.calls.filter((method) => method === "StartRoomCompositeEgress").length;
  }
};
