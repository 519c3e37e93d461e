import { describe, expect, it } from "vitest";
import { remarksOnPlaylist } from "./playlist-remarks.ts";
import { readRecorderPlaylist } from "./recorder-playlist.ts";

const segments = [0, 1, 2, 3].map((number) => ({
  number,
  first_pts: 324_000_000 + number * 180_000,
  duration_ticks: 180_000,
  problem: null,
}));

type Line = { number?: number; name?: string; seconds?: number; at?: number };
const remarks = (lines: Line[], there = segments) => {
  const text = lines.map(({ number = 0, name, seconds = 2, at = number * 2 }) =>
    [
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(Date.UTC(2026, 10, 23) + at * 1000).toISOString()}`,
      `#EXTINF:${seconds.toFixed(3)},`,
      name ?? `seg_0000${number}.ts`,
    ].join("\n"),
  );
  return remarksOnPlaylist(readRecorderPlaylist(["#EXTM3U", ...text].join("\n")), there);
};
const honest: Line[] = [{ number: 0 }, { number: 1 }, { number: 2 }, { number: 3 }];

describe("a recorder's playlist", () => {
  it("that says what is so is not remarked on, nor one that ends early", () => {
    expect(remarks(honest)).toEqual([]);
    expect(remarks(honest.slice(0, 2))).toEqual([]);
    expect(remarks(honest, [{ ...segments[0]!, duration_ticks: 0 }, ...segments.slice(1)])).toEqual([]);
  });

  it.each([
    ["names what is not there", [...honest, { number: 7 }], ["names_missing"]],
    ["leaves something out", [honest[0]!, honest[2]!, honest[3]!], ["leaves_out"]],
    ["says other lengths", [honest[0]!, { number: 1, seconds: 8 }, honest[2]!], ["other_lengths"]],
    ["says other times", [honest[0]!, { number: 1, at: 3600 }], ["other_times"]],
    ["leads elsewhere", [...honest, { name: "../1/seg_00004.ts" }], ["leads_elsewhere"]],
    ["has another order", [honest[1]!, honest[0]!, honest[2]!, honest[3]!], ["other_order"]],
  ] as const)("that %s is found out", (_what, lines, expected) => {
    expect(remarks([...lines])).toEqual(expected);
  });

  it("that is none is found out", () => {
    expect(remarksOnPlaylist(readRecorderPlaylist("<Error/>"), segments)).toEqual(["unreadable"]);
  });
});
