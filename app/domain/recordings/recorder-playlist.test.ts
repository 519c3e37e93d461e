import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readRecorderPlaylist } from "./recorder-playlist.ts";

const folder = path.join(import.meta.dirname, "../../../tests/fixtures/segments/egress");

test("a real recorder's playlist tells when each segment began, and how long it is", () => {
  const { told, leadsElsewhere } = readRecorderPlaylist(
    readFileSync(path.join(folder, "index.m3u8"), "utf8"),
  )!;
  expect(told).toHaveLength(8);
  expect(told[0]).toEqual({ number: 0, durationMs: 2000, time: new Date("2026-11-23T13:34:39.224Z") });
  expect(told[7]!.time).toEqual(new Date("2026-11-23T13:34:53.224Z"));
  expect(leadsElsewhere).toBe(false);
});

test("what makes no sense in it is passed over", () => {
  expect(readRecorderPlaylist("")).toBeUndefined();
  expect(readRecorderPlaylist("<html>")).toBeUndefined();
  const odd =
    "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:soon\nseg_00000.ts\n#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00Z\nother.ts\nseg_00001.ts\r\n";
  expect(readRecorderPlaylist(odd)).toEqual({
    told: [
      { number: 0, durationMs: 0, time: null },
      { number: 1, durationMs: 0, time: null },
    ],
    leadsElsewhere: true,
  });
});

test("names that lead elsewhere are followed by nobody", () => {
  for (const name of [
    "../2/seg_00001.ts",
    "https://example.com/seg_00001.ts",
    "/etc/seg_00001.ts",
    "sub/seg_00001.ts",
    "seg_00001.ts?x",
  ])
    expect(readRecorderPlaylist(`#EXTM3U\n#EXTINF:2,\n${name}\n`)).toEqual({
      told: [],
      leadsElsewhere: true,
    });
});
