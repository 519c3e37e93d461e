import type { Fault } from "./fault.ts";
import { awaitSegments, endToReplay, gapsOf, partsInWords, recordingProcesses } from "./recorder-tools.ts";
import { goOnAir, promise, recordingsOf } from "./studio-tools.ts";

export const name = "F11";
export const title = "A recorder ends because it has reached its limit";
/** Two limits are reached while this looks, and the third attempt is ended with the stream. */
export const edition = { recorder: { RECORDER_LIMIT_SECONDS: "12" } };

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    const attempts = (await awaitSegments(tools, air.stream.id, { attempt: 3, count: 2, seconds: 90 })).value;
    tools.say("two recorders have reached their limit of 12 s, a third one records");
    for (const { number, status, reason, good } of attempts.slice(0, 2)) {
      promise(status === "complete", `attempt ${number} is complete (${status})`);
      promise(reason === "Session limit reached", `it says why it ended ("${reason}")`);
      promise(good >= 5, `its part is usable (${good} segments)`);
    }
    promise(recordingProcesses(tools).length === 1, "one recorder");
    const [recording] = await recordingsOf(tools, air.stream.id);
    promise(recording?.status === "recording" && recording.reason === "", "the recording goes on");
    const parts = await endToReplay(tools, air);
    const gaps = gapsOf(parts);
    promise(new Set(parts.map(({ attempt }) => attempt)).size === 3, "the replay has the parts of all three");
    promise(
      gaps.every((ms) => ms <= 15_000),
      `what is missing in between is short (${gaps.join(", ")} ms)`,
    );
    return {
      did: "gave the recorder a limit of 12 s and let two attempts reach it",
      saw: `both ended as LIMIT_REACHED with usable parts, and were followed at once; one replay of parts ${partsInWords(parts)}, ${gaps.map((ms) => (ms / 1000).toFixed(1)).join(" and ")} s missing in between, marked`,
    };
  } finally {
    await air.close();
  }
};
