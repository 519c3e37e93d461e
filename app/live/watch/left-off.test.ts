import { expect, test } from "vitest";
import { beginOf, leaveOff } from "./left-off.ts";

const replay = { recordingId: "r", edit: 0, positionMs: 3_000, startMs: 3_000 };

test("a replay goes on where somebody was while it was live, once", () => {
  leaveOff("r", 90_000);
  expect(beginOf(replay)).toEqual({ startMs: 90_000, goesOn: true });
  expect(beginOf({ ...replay, recordingId: "other" })).toEqual({ startMs: 3_000, goesOn: true });
  leaveOff("r", null);
  expect(beginOf(replay)).toEqual({ startMs: 3_000, goesOn: true });
});

test("the moment that an address asks for comes first, and a place of what was cut since is none", () => {
  leaveOff("r", 90_000);
  expect(beginOf({ ...replay, startMs: 20_000 })).toEqual({ startMs: 20_000, goesOn: false });
  expect(beginOf({ ...replay, edit: 1 })).toEqual({ startMs: 3_000, goesOn: true });
  leaveOff("r", null);
});
