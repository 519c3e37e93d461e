import type { Fault } from "./fault.ts";
import { attemptsOf, endToReplay, gapsOf, partsInWords, recordingProcesses } from "./recorder-tools.ts";
import { goOnAir, promise, recordingsOf, until } from "./studio-tools.ts";

export const name = "F11";
export const title = "A recorder ends because it has reached its limit";
/** Two limits are reached while this looks, and what follows is ended with the stream. */
export const edition = { more: { recorder: { RECORDER_LIMIT_SECONDS: "20" } } };

const limit = "Session limit reached";

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    const { value: attempts } = await until(
      () => attemptsOf(tools, air.stream.id),
      (all) =>
        all.filter(({ reason }) => reason === limit).length >= 2 &&
        all.at(-1)!.reason !== limit &&
        all.at(-1)!.good >= 2,
      { seconds: 200, words: "two recorders have reached their limit, and another one records" },
    );
    tools.say("two recorders have reached their limit of 20 s, and another one records");
    for (const { number, status, good } of attempts.filter(({ reason }) => reason === limit)) {
      promise(status === "complete", `attempt ${number} is complete (${status})`);
      promise(good >= 5, `its part is usable (${good} segments)`);
    }
    await until(
      () => Promise.resolve(recordingProcesses(tools)),
      (processes) => processes.length === 1,
      { seconds: 60, words: "one recorder" },
    );
    const [recording] = await recordingsOf(tools, air.stream.id);
    promise(recording?.status === "recording", "the recording goes on");
    const parts = await endToReplay(tools, air);
    const gaps = gapsOf(parts);
    promise(new Set(parts.map(({ attempt }) => attempt)).size >= 3, "the replay has the parts of all");
    promise(gaps.length >= 2, `what is missing in between is marked (${gaps.join(", ")} ms)`);
    return {
      did: "gave the recorder a limit of 20 s and let two attempts reach it",
      saw: `both ended as LIMIT_REACHED with usable parts, and were followed at once; one replay of parts ${partsInWords(parts)}, ${gaps.map((ms) => (ms / 1000).toFixed(1)).join(" and ")} s missing in between, marked`,
    };
  } finally {
    await air.close();
  }
};
