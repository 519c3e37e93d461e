import { signal } from "#local/processes.ts";
import { within } from "#tests/without-webhooks.ts";
import type { Fault } from "./fault.ts";
import {
  attemptsOf,
  awaitSegments,
  endToReplay,
  gapsOf,
  killRecorder,
  partsInWords,
  playsAt,
  recordingProcesses,
  secondsBetween,
} from "./recorder-tools.ts";
import { goOnAir, promise, recordingsOf, until } from "./studio-tools.ts";

export const name = "F10";
export const title = "The recorder's host is lost mid-stream, and its successor only falls asleep";

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  const streamId = air.stream.id;
  const attempt = async (number: number) =>
    (await attemptsOf(tools, streamId)).find((each) => each.number === number)!;
  const given = (number: number, seconds: number) =>
    until(
      () => attempt(number),
      ({ sealed_at }) => sealed_at !== null,
      { seconds, words: `attempt ${number} is given up and sealed` },
    );
  try {
    await awaitSegments(tools, streamId, { attempt: 1, count: 3 });
    tools.say("killing the recorder with -9, and everything that it started: nobody announces it");
    const killedAt = killRecorder(tools);
    const first = (await given(1, 30)).value;
    const noticed = secondsBetween(killedAt, first.ended_at);
    const second = (await awaitSegments(tools, streamId, { attempt: 2, count: 3 })).value.at(-1)!;
    const back = secondsBetween(killedAt, second.active_at);
    promise(noticed <= 16, `its silence is noticed after 10 s (${noticed} s)`);
    promise(back <= within(30), `the next attempt records within 30 s (${back} s)`);
    const [recording] = await recordingsOf(tools, streamId);
    promise(
      recording?.status === "recording" && recording.reason === "",
      "the recording goes on, the warning is gone",
    );

    tools.say("stopping the process that records where it stands (SIGSTOP), until another one records");
    const [sleeper, ...others] = recordingProcesses(tools);
    promise(sleeper !== undefined && others.length === 0, "one process records");
    const asleepAt = new Date();
    signal(sleeper, "SIGSTOP");
    const slept = secondsBetween(asleepAt, (await given(2, 30)).value.ended_at);
    const third = (await awaitSegments(tools, streamId, { attempt: 3, count: 1 })).value.at(-1)!;
    const backAgain = secondsBetween(asleepAt, third.active_at);
    promise(backAgain <= within(30), `the next attempt records within 30 s (${backAgain} s)`);
    const sealed = (await attempt(2)).good;
    signal(sleeper, "SIGCONT");
    const ended = await until(
      () => Promise.resolve(recordingProcesses(tools)),
      (processes) => !processes.includes(sleeper),
      // What it slept through it encodes first, beside its successor.
      { seconds: 120, words: "the sleeper has woken up and is ended" },
    );
    promise(ended.value.length === 1, "one process records, its successor");
    await awaitSegments(tools, streamId, { attempt: 3, count: 4 });
    const late = await attempt(2);
    promise(
      late.good === sealed,
      `what the sleeper wrote when it woke up is ignored (${late.good} segments)`,
    );

    tools.say("ending the stream");
    const parts = await endToReplay(tools, air);
    const gaps = gapsOf(parts);
    promise(
      parts.map((part) => part.attempt).join() ===
        parts
          .map((part) => part.attempt)
          .sort()
          .join() && new Set(parts.map((part) => part.attempt)).size === 3,
      "the replay is the parts of three attempts, in order",
    );
    promise(gaps.length === 2, `its two gaps are marked (${gaps.join(", ")} ms)`);
    const beforeGap = parts
      .filter((part) => part.attempt === 1)
      .reduce((sum, part) => sum + part.durationMs, 0);
    promise(await playsAt(air.watching, beforeGap / 1000 - 1), "a viewer plays it across the first gap");
    return {
      did: "kill -9 of the whole recorder; later SIGSTOP of the process that recorded, SIGCONT when another one did",
      saw: `noticed after ${noticed} s and ${slept} s, next attempt records after ${back} s and ${backAgain} s; one replay of parts ${partsInWords(parts)}, gaps of ${gaps.map((ms) => (ms / 1000).toFixed(1)).join(" and ")} s marked, and what the sleeper wrote later left out`,
    };
  } finally {
    await air.close();
  }
};
