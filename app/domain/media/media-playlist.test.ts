import { expect, test } from "vitest";
import { mediaPlaylist } from "./media-playlist.ts";

const segment = (uri: string, more = {}) => ({
  uri,
  durationMs: 1999.9889,
  programTime: null,
  discontinuity: false,
  ...more,
});

test("a finished recording is a complete playlist", () => {
  const programTime = new Date("2026-11-23T13:34:39.224Z");
  expect(
    mediaPlaylist({
      ended: true,
      segments: [
        segment("1/0.ts", { programTime }),
        segment("2/0.ts", { discontinuity: true, durationMs: 400 }),
      ],
    }).split("\n"),
  ).toEqual([
    "#EXTM3U",
    "#EXT-X-VERSION:3",
    "#EXT-X-TARGETDURATION:2",
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T13:34:39.224Z",
    "#EXTINF:1.999989,",
    "1/0.ts",
    "#EXT-X-DISCONTINUITY",
    "#EXTINF:0.400000,",
    "2/0.ts",
    "#EXT-X-ENDLIST",
    "",
  ]);
});

test("one that grows has no end, and its target does not change while it grows", () => {
  const grown = (count: number, last = {}) =>
    mediaPlaylist({
      ended: false,
      targetDurationMs: 4000,
      segments: Array.from({ length: count }, (_, number) =>
        segment(`1/${number}.ts`, number === count - 1 ? last : {}),
      ),
    });
  expect(grown(1)).toContain("#EXT-X-TARGETDURATION:4\n");
  expect(grown(3)).not.toContain("ENDLIST");
  expect(grown(3).startsWith(grown(2))).toBe(true);
  expect(grown(3, { durationMs: 4499 }).startsWith(grown(2))).toBe(true);
  expect(() => grown(3, { durationMs: 4500 })).toThrow("longer than the target");
});

test("no address breaks out of its line, and no segment is without a length", () => {
  for (const uri of ["", "#EXT-X-KEY", "a\nb.ts", "a\rb.ts"])
    expect(() => mediaPlaylist({ ended: true, segments: [segment(uri)] })).toThrow("no usable address");
  for (const durationMs of [0, -1, Number.NaN])
    expect(() => mediaPlaylist({ ended: true, segments: [segment("1/0.ts", { durationMs })] })).toThrow(
      "no length",
    );
});
