import type { RemoteTrack } from "livekit-client";
import { describe, expect, it } from "vitest";
import { wordsFor } from "./live-words.ts";

const track = {} as RemoteTrack;
const nothing: Parameters<typeof wordsFor>[0] = {
  line: "joined",
  wasIn: true,
  screen: null,
  camera: null,
  pictureComes: false,
  sounds: [],
} as const;
const here = { hostAbsent: false, otherDevices: false };
const say = (view: Partial<Parameters<typeof wordsFor>[0]>, about: Partial<typeof here> = {}) =>
  wordsFor({ ...nothing, ...view }, { ...here, ...about });

describe("the words on the stage", () => {
  it("are none over a picture", () => {
    expect(say({ camera: track })).toBeUndefined();
    expect(say({ screen: track, sounds: [track] })).toBeUndefined();
  });

  it("say that the host shows none only where there is none, and not while it is on its way", () => {
    expect(say({ sounds: [track] })).toBe("Sound only: the host shows no picture right now.");
    expect(say({ sounds: [track], pictureComes: true })).toBe("Connecting you to the picture…");
    expect(say({})).toBe("Waiting for the host's picture…");
  });

  it("say what is lost, and whose connection", () => {
    expect(say({ line: "reconnecting", camera: track })).toBe("Your connection dropped. Reconnecting…");
    expect(say({ line: "reconnecting", wasIn: false })).toBe("Connecting you to the picture…");
    expect(say({ line: "resuming", camera: track })).toBeUndefined();
    expect(say({ line: "reconnecting" }, { hostAbsent: true })).toMatch(/^The host's connection dropped/);
  });

  it("say that all places of the pass are taken where a ticket was refused for that", () => {
    expect(say({ line: "refused" }, { otherDevices: true })).toMatch(/have all places of your pass/);
    expect(say({ line: "refused" })).toMatch(/asking whether this is still live/);
  });
});
