import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { programTimesOf } from "./recorder-playlist.ts";

const folder = path.join(import.meta.dirname, "../../../tests/fixtures/segments/egress");

test("a real recorder's playlist tells when each segment began", () => {
  const times = programTimesOf(readFileSync(path.join(folder, "index.m3u8"), "utf8"));
  expect(times.size).toBe(8);
  expect(times.get(0)).toEqual(new Date("2026-11-23T13:34:39.224Z"));
  expect(times.get(7)).toEqual(new Date("2026-11-23T13:34:53.224Z"));
});

test("what makes no sense in it is passed over", () => {
  expect(programTimesOf("")).toEqual(new Map());
  const odd =
    "#EXT-X-PROGRAM-DATE-TIME:soon\nseg_00000.ts\n#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00Z\nother.ts\nseg_00001.ts\r\n";
  expect(programTimesOf(odd)).toEqual(new Map());
});
