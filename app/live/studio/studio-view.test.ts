import { describe, expect, it } from "vitest";
import { studioView } from "./studio-view.ts";
import type { StudioState } from "./types.ts";

const mine = { name: "Ines", mine: true, tab: "this-tab" };
const state = (over: Partial<StudioState>): StudioState => ({
  status: "live",
  startsAt: "2026-11-24T19:00:00.000Z",
  liveAt: "2026-11-24T19:00:00.000Z",
  hostAbsentSince: null,
  endedAt: null,
  endedReason: null,
  recording: null,
  liveRecordingId: null,
  leaseHolder: mine,
  chat: null,
  reports: null,
  preparing: false,
  note: "",
  ...over,
});
const host = { role: "host", tab: "this-tab" } as const;

describe("the studio", () => {
  it("is the green room before, for every host", () => {
    expect(studioView(state({ status: "scheduled", leaseHolder: null }), host)).toEqual({
      kind: "green-room",
    });
    expect(studioView(state({ status: "scheduled", leaseHolder: null }), { ...host, tab: null }).kind).toBe(
      "green-room",
    );
  });

  it("broadcasts in the tab that has the lease, and in no other", () => {
    expect(studioView(state({}), host)).toEqual({ kind: "here", live: true });
    expect(studioView(state({ status: "rehearsal" }), host)).toEqual({ kind: "here", live: false });
    expect(studioView(state({}), { ...host, tab: "other-tab" })).toMatchObject({
      kind: "elsewhere",
      yours: true,
    });
    const others = { ...mine, mine: false };
    expect(studioView(state({ leaseHolder: others }), host)).toMatchObject({
      kind: "elsewhere",
      yours: false,
      name: "Ines",
    });
  });

  it("resumes by one click when one's own page was lost, or nobody broadcasts", () => {
    const hostAbsentSince = "2026-11-24T19:20:00.000Z";
    expect(studioView(state({ hostAbsentSince }), { ...host, tab: "new-tab" })).toEqual({
      kind: "resume",
      live: true,
    });
    expect(studioView(state({ leaseHolder: null }), host)).toEqual({ kind: "resume", live: true });
    expect(studioView(state({ hostAbsentSince }), host)).toEqual({ kind: "here", live: true });
  });

  it("waits for the tab's name before it says that another tab broadcasts", () => {
    expect(studioView(state({}), { ...host, tab: null })).toEqual({ kind: "opening" });
  });

  it("lets a moderator look on, and is over when the stream is", () => {
    expect(studioView(state({}), { role: "moderator", tab: "this-tab" })).toMatchObject({
      kind: "moderator",
      name: "Ines",
    });
    expect(studioView(state({ status: "ended" }), { role: "moderator", tab: null })).toEqual({
      kind: "ended",
    });
    expect(studioView(state({ status: "cancelled" }), host)).toEqual({ kind: "cancelled" });
  });
});
