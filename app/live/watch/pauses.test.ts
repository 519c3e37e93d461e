import { describe, expect, it } from "vitest";
import { patientPauseMs, pauseMs } from "./pauses.ts";

describe("the pauses between tries to join a room", () => {
  it("are seconds for who sees nothing meanwhile", () => {
    expect([1, 2, 3, 4, 5, 50].map(pauseMs)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  it("grow from half a minute to five for who sees something else", () => {
    const minutes = [0, 1, 2, 3, 6, 7, 1_000].map((tries) => patientPauseMs(tries) / 60_000);
    expect(minutes.map((each) => each.toFixed(1))).toEqual(["0.5", "0.8", "1.1", "1.7", "5.0", "5.0", "5.0"]);
  });
});
