import { describe, expect, it } from "vitest";
import { wayNow } from "./way.ts";

const now = { chosen: false, line: "joined", late: false, possible: true } as const;

describe("how the live picture is seen", () => {
  it("is from the room while there is a line, or one may still come", () => {
    expect(wayNow(now)).toEqual({ delayed: false });
    expect(wayNow({ ...now, line: "joining" })).toEqual({ delayed: false });
    expect(wayNow({ ...now, line: "reconnecting" })).toEqual({ delayed: false });
  });

  it("is delayed when the room is late, full, or not wanted, and from the room again when there is a line", () => {
    for (const line of ["joining", "reconnecting", "failed"] as const)
      expect(wayNow({ ...now, line, late: true })).toEqual({ delayed: true, why: "late" });
    expect(wayNow({ ...now, line: "full" })).toEqual({ delayed: true, why: "full" });
    expect(wayNow({ ...now, chosen: true })).toEqual({ delayed: true, why: "chosen" });
    expect(wayNow({ ...now, late: true })).toEqual({ delayed: false });
  });

  it("is not delayed for who may not watch here, or where nothing is recorded", () => {
    for (const line of ["elsewhere", "refused"] as const)
      expect(wayNow({ ...now, line, late: true })).toEqual({ delayed: false });
    expect(wayNow({ ...now, line: "full", chosen: true, late: true, possible: false })).toEqual({
      delayed: false,
    });
  });
});
