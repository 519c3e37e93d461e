import { describe, expect, it } from "vitest";
import type { PageState } from "../page-messages.ts";
import {
  almostLive,
  lobbyRefreshSeconds,
  newsSince,
  nextTurnMs,
  placeOf,
  readingOf,
  refreshSeconds,
} from "./place.ts";

const start = Date.parse("2026-11-30T18:00:00Z");
const minutes = (count: number) => count * 60_000;
const scheduled: PageState = {
  streamId: "s",
  title: "A stream",
  status: "scheduled",
  startsAt: new Date(start).toISOString(),
  liveAt: null,
  hostAbsentSince: null,
  endedAt: null,
  endedReason: null,
  recording: null,
  liveRecordingId: null,
  leaseHolder: null,
  access: "yes",
  chat: null,
  reports: null,
  preparing: false,
  note: "",
};
const recording = {
  id: "r",
  status: "finalizing" as const,
  reason: "",
  safeUntil: null,
  waits: null,
  lag: null,
  leftOut: null,
  blanks: [],
  durationMs: 0,
  exportReady: false,
  mp4: null,
  edit: 0,
  withheld: null,
};

describe("the place a page is", () => {
  it("is the lobby from 30 minutes before the start, also when the start has passed", () => {
    expect(placeOf(scheduled, start - minutes(30) - 1)).toBe("announced");
    expect(placeOf(scheduled, start - minutes(30))).toBe("lobby");
    expect(placeOf(scheduled, start + minutes(90))).toBe("lobby");
  });

  it("is refused to who has no access, whatever the stream is doing, unless it was cancelled", () => {
    for (const status of ["scheduled", "live", "ended"] as const)
      expect(placeOf({ ...scheduled, status, access: "no_grant" }, start)).toBe("refused");
    expect(placeOf({ ...scheduled, status: "cancelled", access: "no_grant" }, start)).toBe("cancelled");
  });

  it("changes by the clock at the lobby's opening, some minutes before the start, at it, and when it is late", () => {
    expect(nextTurnMs(scheduled, start - minutes(31))).toBe(minutes(1));
    expect(nextTurnMs(scheduled, start - minutes(30))).toBe(minutes(20));
    expect(nextTurnMs(scheduled, start - minutes(5))).toBe(minutes(4));
    expect(nextTurnMs(scheduled, start - minutes(1))).toBe(minutes(1));
    expect(nextTurnMs(scheduled, start)).toBe(minutes(1));
    expect(nextTurnMs(scheduled, start + minutes(1))).toBe(minutes(29));
    expect(nextTurnMs(scheduled, start + minutes(30))).toBeNull();
    expect(nextTurnMs({ ...scheduled, status: "live" }, start - minutes(31))).toBeNull();
    expect(almostLive(scheduled, start - minutes(5))).toBe(true);
    expect(almostLive(scheduled, start - minutes(6))).toBe(false);
  });

  it("asks again by itself only where something is about to change", () => {
    expect(refreshSeconds(scheduled, start - minutes(60 * 24 * 7))).toBe(6 * 3600);
    expect(refreshSeconds(scheduled, start - minutes(600))).toBe(6 * 3600);
    expect(refreshSeconds(scheduled, start - minutes(180))).toBe(2 * 3600);
    expect(refreshSeconds(scheduled, start - minutes(62) - 1)).toBe(121);
    expect(refreshSeconds(scheduled, start - minutes(61) + 1)).toBe(60);
    expect(refreshSeconds(scheduled, start - minutes(60))).toBe(60);
    expect(refreshSeconds(scheduled, start - minutes(45))).toBe(60);
    expect(refreshSeconds(scheduled, start - minutes(20))).toBe(60);
    expect(refreshSeconds(scheduled, start - minutes(10))).toBe(20);
    expect(refreshSeconds(scheduled, start - minutes(4))).toBe(5);
    expect(refreshSeconds({ ...scheduled, status: "live" }, start)).toBe(12);
    const ended = { ...scheduled, status: "ended" as const };
    expect(refreshSeconds({ ...ended, recording }, start)).toBe(5);
    expect(refreshSeconds({ ...ended, recording: { ...recording, status: "ready" } }, start)).toBeUndefined();
    expect(
      refreshSeconds({ ...ended, recording: { ...recording, status: "failed" } }, start),
    ).toBeUndefined();
    expect(refreshSeconds(ended, start)).toBeUndefined();
    expect(refreshSeconds({ ...ended, access: "no_grant" }, start)).toBeUndefined();
    expect(refreshSeconds({ ...scheduled, access: "no_grant" }, start - minutes(10))).toBe(60);
    expect(refreshSeconds({ ...scheduled, access: "no_grant" }, start - minutes(90))).toBe(3600);
    expect(refreshSeconds({ ...scheduled, access: "no_grant" }, start - minutes(60 * 24))).toBe(6 * 3600);
    expect(refreshSeconds({ ...scheduled, status: "live", access: "no_grant" }, start)).toBeUndefined();
    for (const before of [0, 600])
      expect(refreshSeconds({ ...scheduled, status: "cancelled" }, start - minutes(before))).toBeUndefined();
  });

  it("that is opened days before a start comes to its lobby by itself", () => {
    let now = start - minutes(60 * 24 * 3);
    for (let asked = 0; placeOf(scheduled, now) === "announced"; asked++) {
      expect(asked).toBeLessThan(50);
      now += refreshSeconds(scheduled, now)! * 1000;
    }
    expect(now).toBeLessThanOrEqual(start - minutes(29));
  });

  it("asks the oftener the nearer the start is, and less often again when that is long past", () => {
    const seconds = (at: number) => lobbyRefreshSeconds(scheduled, start + minutes(at));
    expect([-29, -16, -15, -6, -5, -1, 0, 5, 6, 16].map(seconds)).toEqual([
      60, 60, 20, 20, 5, 5, 5, 5, 20, 60,
    ]);
  });

  it("does not ask again under somebody who may be writing", () => {
    const chat = { phase: "open" } as PageState["chat"];
    expect(refreshSeconds({ ...scheduled, status: "live", chat }, start)).toBeUndefined();
    expect(refreshSeconds({ ...scheduled, status: "ended", recording, chat }, start)).toBeUndefined();
    for (const before of [10, 45, 600])
      expect(refreshSeconds({ ...scheduled, chat }, start - minutes(before))).toBeUndefined();
    const closed = { phase: "read-only" } as PageState["chat"];
    expect(refreshSeconds({ ...scheduled, status: "ended", recording, chat: closed }, start)).toBe(5);
  });

  it("is told what has happened since it was shown", () => {
    const ready = { ...recording, status: "ready" as const };
    const since = (shown: string | null, state: Partial<PageState>) =>
      newsSince(shown, { ...scheduled, ...state });
    expect(since("scheduled", { status: "live" })).toBe("The stream is live.");
    expect(since("scheduled", { status: "live", liveRecordingId: "r" })).toBe("The stream is live.");
    expect(since("live", { status: "live", recording })).toBeUndefined();
    expect(since("ended", { status: "ended", recording: ready })).toBe("The replay is ready.");
    expect(since("replay", { status: "ended", recording: ready })).toBeUndefined();
    expect(since(null, { status: "live" })).toBeUndefined();
  });

  it("is told when a picture has come that can be seen without scripts", () => {
    const state = { ...scheduled, status: "live" as const, liveRecordingId: "r" };
    expect(newsSince("live", state)).toBe("The picture is there.");
    expect(newsSince("picture", state)).toBeUndefined();
    expect(newsSince("picture", { ...state, liveRecordingId: null })).toBeUndefined();
    expect(newsSince("picture", { ...state, status: "ended" })).toBe("The stream has ended.");
  });

  it("reads a replay again that was cut or taken away, not with everybody else in one moment", () => {
    const ready = { ...recording, status: "ready" as const };
    expect(readingOf({ place: "ended", recording: ready, shownEdit: null, many: 400 })).toBe(2_000);
    expect(readingOf({ place: "ended", recording: ready, shownEdit: 0, many: 400 })).toBeNull();
    expect(readingOf({ place: "ended", recording: { ...ready, edit: 1 }, shownEdit: 0, many: 400 })).toBe(
      2_000,
    );
    const hidden = { ...ready, withheld: "hidden" as const };
    expect(readingOf({ place: "ended", recording: hidden, shownEdit: 0, many: 9_000 })).toBe(10_000);
    expect(readingOf({ place: "ended", recording: hidden, shownEdit: 0, many: 1 })).toBe(300);
    expect(readingOf({ place: "live", recording: ready, shownEdit: null, many: 400 })).toBeNull();
  });

  it("is told that the host is away, and back", () => {
    const away = { ...scheduled, status: "live" as const, hostAbsentSince: "2026-11-30T18:20:00.000Z" };
    const back = { ...away, hostAbsentSince: null };
    expect(newsSince("live", away)).toBe("The host's connection dropped. They are reconnecting.");
    expect(newsSince("away", away)).toBeUndefined();
    expect(newsSince("away", back)).toBe("The host is back.");
    expect(newsSince("picture", { ...away, liveRecordingId: "r" })).toContain("They are reconnecting.");
    expect(newsSince("away", { ...back, liveRecordingId: "r" })).toBe("The host is back.");
    expect(newsSince("away", { ...back, status: "ended" })).toBe("The stream has ended.");
  });
});
