import { describe, expect, it } from "vitest";
import { blankWords } from "./blank-words.ts";
import { connectionWords, qualityWords } from "./connection-words.ts";
import { deviceLost, deviceProblem } from "./device-problems.ts";
import { readDeviceChoice, writeDeviceChoice } from "./preferences.ts";
import { recordingWords } from "./recording-words.ts";
import { replayWords } from "./replay-words.ts";
import type { StudioRecording } from "./types.ts";

const named = (name: string, message = "") => Object.assign(new Error(message), { name });

describe("a device that cannot be used", () => {
  it.each([
    ["NotAllowedError", /blocked.*allow the camera/],
    ["NotFoundError", /Plug one in.*go live without/],
    ["NotReadableError", /in use by another program/],
    ["OverconstrainedError", /Choose another one/],
    ["AbortError", /Press Camera again/],
    ["SecurityError", /settings forbid/],
    ["SomethingNew", /could not be started/],
  ])("says for %s what to do", (name, sentence) => {
    expect(deviceProblem("camera", named(name))).toMatch(sentence);
  });

  it("tells a blocked browser from a blocked page and from a closed question", () => {
    expect(deviceProblem("microphone", named("NotAllowedError", "Permission denied by system"))).toMatch(
      /privacy settings/,
    );
    expect(deviceProblem("microphone", named("NotAllowedError", "Permission dismissed"))).toMatch(
      /choose Allow/,
    );
    expect(deviceProblem("screen", named("NotAllowedError", "Permission denied by system"))).toMatch(
      /screen recording/,
    );
    expect(deviceProblem("screen", named("NotAllowedError", "Permission denied"))).toMatch(
      /^Nothing is shared/,
    );
  });

  it("on an insecure page names the only way out", () => {
    expect(deviceProblem("camera", new TypeError("undefined"), { secure: false })).toMatch(/https/);
  });

  it("says that the rest goes on when one was unplugged", () => {
    expect(deviceLost("camera")).toMatch(/goes on.*comes back by itself/);
    expect(deviceLost("microphone")).toMatch(/the picture goes on/);
  });
});

const liveAt = "2026-11-24T19:00:00.000Z";
const recording = (over: Partial<StudioRecording>): StudioRecording => ({
  id: "r",
  status: "recording",
  reason: "",
  safeUntil: null,
  lag: null,
  waits: null,
  leftOut: null,
  blanks: [],
  durationMs: 0,
  exportReady: false,
  mp4: null,
  edit: 0,
  withheld: null,
  ...over,
});

describe("what the recorder does", () => {
  const say = (over: Partial<StudioRecording> | null) =>
    recordingWords({ status: "live", liveAt, recording: over && recording(over) });

  it("is told with how far it is safe, on the stream's own clock", () => {
    expect(say({ safeUntil: "2026-11-24T19:12:04.300Z" }).words).toBe("Recorded and verified until 12:04");
    expect(say({ safeUntil: "2026-11-24T20:12:04.300Z" }).words).toBe("Recorded and verified until 1:12:04");
    expect(say({}).good).toBe(true);
  });

  it("is told with why it lags, and what was left out", () => {
    const safeUntil = "2026-11-24T19:12:04.300Z";
    const reasons = ["storage_away", "storage_slow", "refused", "silent", "restarting", "unknown"];
    const notes = reasons.map((reason) => {
      const told = say({ safeUntil, lag: { reason, seconds: 12 } });
      expect(told).toMatchObject({ words: "Recorded and verified until 12:04", good: false });
      expect(told.note).toMatch(/^It lags: /);
      return told.note;
    });
    expect(new Set(notes).size).toBe(reasons.length);
    expect(say({ safeUntil, leftOut: { count: 1, last: "cut off" } })).toMatchObject({
      note: "Read back from storage. One piece is left out of it (cut off).",
      good: true,
    });
    expect(say({ safeUntil, leftOut: { count: 3, last: "missing" } }).note).toMatch(/3 pieces.*missing/);
    // Before anything is verified, too.
    const words = "Nothing is verified yet";
    expect(say({ lag: { reason: "storage_away", seconds: 12 } })).toMatchObject({
      ...{ words, good: false },
      note: expect.stringMatching(/^It lags: storage does not answer/),
    });
    expect(say({ leftOut: { count: 3, last: "cut off" } })).toMatchObject({
      ...{ words, good: false },
      note: expect.stringMatching(/^3 pieces/),
    });
    const heard = recordingWords(
      { status: "live", liveAt, recording: recording({ safeUntil }) },
      { still: true },
    );
    expect(heard).toMatchObject({ note: expect.stringMatching(/nothing newer/), good: false });
  });

  it("is not called stored before it is where viewers read it", () => {
    const safeUntil = "2026-11-24T19:12:04.300Z";
    const waits = { since: "2026-11-24T19:10:00.000Z", seconds: 130 };
    const told = say({ safeUntil, waits });
    expect(told).toMatchObject({ words: "Recorded and verified until 12:04", good: false });
    expect(told.note).toMatch(/^In storage until 10:00\./);
    expect(say({ safeUntil, waits: { ...waits, since: null } }).note).toMatch(/^Not all of it is in storage/);
    const both = say({ safeUntil, waits, lag: { reason: "silent", seconds: 12 } });
    expect(both.note).toMatch(/In storage until 10:00\..*It lags: nothing new/);
    for (const status of ["stopping", "finalizing"] as const)
      expect(say({ status, safeUntil, waits })).toMatchObject({
        note: expect.stringMatching(/^Verified until 12:04\. In storage until 10:00\./),
        good: false,
      });
    expect(say({ reason: "The recorder stopped.", safeUntil, waits }).note).toMatch(
      /In storage until 10:00\./,
    );
  });

  it("is told with what cannot be seen or heard of it", () => {
    const told = (["black", "silent"] as const).flatMap((kind) =>
      (["on", "off"] as const).map((published) => blankWords({ kind, published, since: liveAt })),
    );
    expect(new Set(told.map(({ title }) => title)).size).toBe(4);
    for (const { words } of told) expect(words).toMatch(/[.]$/);
  });

  it("is not called recording when it is none", () => {
    expect(say({ status: "starting" }).words).toBe("Starting…");
    expect(say({ reason: "The recorder has fallen silent." })).toMatchObject({
      words: "Not recording: the recorder has fallen silent",
      good: false,
    });
    expect(say({ reason: "The recorder has fallen silent." }).lost).toBe(true);
    expect(say({ safeUntil: liveAt }).lost).toBeFalsy();
    expect(say({ status: "failed", reason: "" }).words).toMatch(/^Not recording: /);
    expect(say(null).words).toMatch(/^Not recording: /);
    expect(say({ status: "stopping" }).words).toMatch(/^Finishing/);
    expect(say({ status: "ready" }).good).toBe(true);
  });
});

describe("what stands where the replay will be", () => {
  const of = (over: Partial<StudioRecording>) => replayWords(recording({ status: "ready", ...over }));

  it("is why there is no MP4 yet, or none", () => {
    expect(of({ exportReady: true })).toMatch(/and so is the MP4/);
    expect(of({ mp4: { status: "running", reason: "" } })).toMatch(/being made; it appears here by itself/);
    const away = "Storage cannot be reached right now.";
    expect(of({ mp4: { status: "waiting", reason: away } })).toMatch(/has to wait: Storage cannot/);
    const failed = of({ mp4: { status: "failed", reason: "It could not be made." } });
    expect(failed).toMatch(/could not be made.*made again on the recording's page/);
    expect(failed).not.toMatch(/by itself/);
  });

  it("is what it waits for: seconds are only promised where nothing is in its way", () => {
    const finishing = (over: Partial<StudioRecording>) => of({ status: "finalizing", ...over });
    expect(finishing({})).toMatch(/within seconds/);
    expect(finishing({ waits: { since: null, seconds: 90_000 } })).toMatch(/has still to be copied/);
    expect(finishing({ reason: "Storage is another one." })).toMatch(/has to wait: Storage is another one/);
    for (const over of [{ waits: { since: null, seconds: 9 } }, { reason: "Storage is another one." }])
      expect(finishing(over)).not.toMatch(/within seconds/);
    expect(of({ status: "stopping", reason: "The recorder stopped." })).toMatch(/within seconds/);
  });
});

describe("the connection", () => {
  it("has words for each state", () => {
    const kinds = ["closed", "joining", "connected", "reconnecting", "replaced"] as const;
    const words = kinds.map((kind) => connectionWords({ kind }));
    expect(new Set(words).size).toBe(kinds.length);
    expect(connectionWords({ kind: "refused", why: "No." })).toBe("No.");
    expect(qualityWords("poor").note).toMatch(/coarser/);
    expect(qualityWords("anything else").words).toBe("Measuring…");
  });
});

describe("devices from last time", () => {
  it("are remembered, and forgotten where the browser keeps nothing", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const choice = { camera: "c1", microphone: "m1", cameraOn: true, microphoneOn: false };
    writeDeviceChoice(storage, choice);
    expect(readDeviceChoice(storage)).toEqual(choice);
    kept.set("frontrow.devices", "not json");
    expect(readDeviceChoice(storage)).toEqual({ cameraOn: false, microphoneOn: false });
    const full = {
      setItem: () => {
        throw new Error("full");
      },
    };
    expect(() => writeDeviceChoice(full, choice)).not.toThrow();
  });
});
