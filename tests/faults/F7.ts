import { signal } from "#local/processes.ts";
import { advances } from "#tests/browser/picture.ts";
import { within } from "#tests/without-webhooks.ts";
import type { Fault, Tools } from "./fault.ts";
import {
  attemptsOf,
  awaitSegments,
  endToReplay,
  partsInWords,
  recordingProcesses,
  secondsBetween,
} from "./recorder-tools.ts";
import { goOnAir, promise, publishers, recordingsOf, until } from "./studio-tools.ts";

export const name = "F7";
export const title = "The recorder is started and never becomes active";

export const run: Fault["run"] = async (tools) => {
  tools.say("going live; what is to record is stopped (SIGSTOP) before it has begun");
  const catching = catchRecording(tools);
  const publishing = firstTrack(tools);
  const air = await goOnAir(tools);
  const streamId = air.stream.id;
  const sleeper = await catching;
  try {
    const trackAt = await publishing;
    await air.studio
      .getByText(/Not recording: the recorder stopped: it did not begin in time/i)
      .waitFor({ timeout: within(25) * 1000 });
    const warned = secondsBetween(trackAt, new Date());
    promise(warned <= within(20), `the host is warned within 20 s of the first track (${warned} s)`);
    const camera = air.watching.getByLabel("The host's camera");
    promise(await advances(camera), "the viewer goes on seeing the stream");
    const attempts = (await awaitSegments(tools, streamId, { attempt: 2, count: 3 })).value;
    const back = secondsBetween(trackAt, attempts[1]!.active_at);
    promise(attempts.length === 2, `one new attempt was enough (${attempts.length})`);
    promise(
      attempts[0]!.status === "failed" && attempts[0]!.sealed_at !== null && attempts[0]!.good === 0,
      "the first attempt is kept in the history, with its reason",
    );
    const [recording] = await recordingsOf(tools, streamId);
    promise(recording?.status === "recording" && recording.reason === "", "the warning is gone");

    tools.say("waking it up again");
    signal(sleeper, "SIGCONT");
    await until(
      () => Promise.resolve(recordingProcesses(tools)),
      (processes) => processes.length === 1 && !processes.includes(sleeper),
      { seconds: 30, words: "it is ended, and only its successor records" },
    );
    const parts = await endToReplay(tools, air);
    const history = await attemptsOf(tools, streamId);
    return {
      did: "SIGSTOP of the process that was to record, before it had joined the room; SIGCONT when another one recorded",
      saw: `the host was warned ${warned} s after the first track, the next attempt recorded after ${back} s; the first stands in the history ("${history[0]!.reason}"), and ended when it woke up; replay of parts ${partsInWords(parts)}`,
    };
  } finally {
    signal(sleeper, "SIGCONT");
    await air.close();
  }
};

/** Stops the next process that is to record, before it can. */
async function catchRecording(tools: Tools): Promise<number> {
  const before = new Set(recordingProcesses(tools));
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const found = recordingProcesses(tools).find((pid) => !before.has(pid));
    if (found !== undefined) {
      signal(found, "SIGSTOP");
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Error("no recorder was started within a minute");
}

/** When somebody publishes in the room of the stream that goes live next. */
async function firstTrack(tools: Tools): Promise<Date> {
  const begun = new Date();
  const { value } = await until(
    async () => {
      const stream = await tools.db
        .selectFrom("streams")
        .select("id")
        .where("live_at", ">", begun)
        .executeTakeFirst();
      return stream && (await publishers(tools, stream.id)).length > 0 ? new Date() : undefined;
    },
    (at) => at !== undefined,
    { seconds: 60, words: "the host publishes" },
  );
  return value!;
}
