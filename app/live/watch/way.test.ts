import { describe, expect, it } from "vitest";
import type { Line } from "./viewer-room.client.ts";
import { lateAtOnce, waitsSince, wayNow } from "./way.ts";

const now = { chosen: null, away: false, line: "joined", late: false, possible: true } as const;

describe("how the live picture is seen", () => {
  it("is from the room while there is a line, or one may still come", () => {
    expect(wayNow(now)).toEqual({ delayed: false });
    expect(wayNow({ ...now, line: "joining" })).toEqual({ delayed: false });
    expect(wayNow({ ...now, line: "reconnecting" })).toEqual({ delayed: false });
  });

  it("stays from the room for as long as its picture goes on, whatever becomes of the line", () => {
    expect(wayNow({ ...now, line: "resuming", late: true })).toEqual({ delayed: false });
  });

  it("is delayed when the room is late, full, or not wanted, and from the room again when there is a line", () => {
    for (const line of ["joining", "reconnecting", "failed"] as const)
      expect(wayNow({ ...now, line, late: true })).toEqual({ delayed: true, why: "late" });
    expect(wayNow({ ...now, line: "full" })).toEqual({ delayed: true, why: "full" });
    expect(wayNow({ ...now, chosen: "chosen" })).toEqual({ delayed: true, why: "chosen" });
    expect(wayNow({ ...now, late: true })).toEqual({ delayed: false });
  });

  it("is delayed for whose turn has not come, until there is a line, and late only when that does not come either", () => {
    const queued = { ...now, queued: true };
    expect(wayNow({ ...queued, line: "joining" })).toEqual({ delayed: true, why: "queue" });
    expect(wayNow({ ...queued, line: "joining", late: true })).toEqual({ delayed: true, why: "late" });
    expect(wayNow({ ...queued, line: "joining", possible: false })).toEqual({ delayed: false });
    for (const line of ["joined", "refused"] as const)
      expect(wayNow({ ...queued, line })).toEqual({ delayed: false });
  });

  it("stays delayed for who has gone back in it when there is a place, which is offered", () => {
    const back = { ...now, away: true };
    expect(wayNow(back)).toEqual({ delayed: true, why: "offered" });
    expect(wayNow({ ...back, chosen: "offered", line: "joining" })).toEqual({
      delayed: true,
      why: "offered",
    });
    expect(wayNow({ ...back, line: "full" })).toEqual({ delayed: true, why: "full" });
    for (const line of ["elsewhere", "refused"] as const)
      expect(wayNow({ ...back, line })).toEqual({ delayed: false });
    expect(wayNow({ ...back, possible: false })).toEqual({ delayed: false });
  });

  it("is not delayed for who may not watch here, or where nothing is recorded", () => {
    for (const line of ["elsewhere", "refused"] as const)
      expect(wayNow({ ...now, line, late: true })).toEqual({ delayed: false });
    expect(wayNow({ ...now, line: "full", chosen: "chosen", late: true, possible: false })).toEqual({
      delayed: false,
    });
  });
});

describe("what is seen while one line follows another", () => {
  /** As a page does it: first it shows the new line, then it looks at what that says. */
  function delayedAt(lines: Line[]): boolean[] {
    let late = false;
    return lines.map((line) => {
      const { delayed } = wayNow({ ...now, line, late });
      late = lateAtOnce(line) ?? late;
      return delayed;
    });
  }

  it("is the delayed picture from the first word that the room is full until there is a line, whatever fails meanwhile", () => {
    expect(delayedAt(["joining", "full", "reconnecting", "failed", "full", "joining", "joined"])).toEqual([
      ...[false, true, true, true, true, true],
      false,
    ]);
  });

  it("is the direct picture again at the next loss, for as long as the patience lasts", () => {
    expect(delayedAt(["full", "joined", "reconnecting"])).toEqual([true, false, false]);
    expect(delayedAt(["full", "refused", "joining"])).toEqual([true, false, false]);
  });
});

describe("the patience with the room", () => {
  it("begins when the page goes there, and not while it waits for its turn", () => {
    expect(waitsSince({ begunMs: null, awaySince: null, since: null })).toBeNull();
    expect(waitsSince({ begunMs: 14_000, awaySince: null, since: null })).toBe(14_000);
  });

  it("begins anew with a loss, and when somebody asks again", () => {
    expect(waitsSince({ begunMs: 1_000, awaySince: 60_000, since: null })).toBe(60_000);
    expect(waitsSince({ begunMs: 1_000, awaySince: 60_000, since: 75_000 })).toBe(75_000);
  });
});
