import { expect, test } from "vitest";
import { readChapterList } from "./chapter-list.ts";
import { chaptersThatPlay } from "./chapters.ts";

const read = (...lines: [at: string, title: string][]) =>
  readChapterList(
    lines.map(([at, title]) => ({ at, title })),
    20_000,
  );
const problems = (...lines: [at: string, title: string][]) => {
  const list = read(...lines);
  return list.ok ? {} : list.problems;
};

test("chapters come in any order, and empty lines are none", () => {
  expect(read(["0:08", " The  middle "], ["", ""], ["0", "Beginning"])).toEqual({
    ok: true,
    chapters: [
      { atMs: 0, title: "Beginning" },
      { atMs: 8000, title: "The middle" },
    ],
  });
});

test("a chapter has a time inside the recording, its own, and a title", () => {
  expect(problems(["", "A"], ["4", ""], ["0:20", "B"], ["99", "C"], ["soon", "D"])).toEqual({
    at0: "Say when this chapter begins.",
    title1: "Give this chapter a title.",
    at2: "The recording ends at 0:20. A chapter begins before that.",
    at3: "The recording ends at 0:20, and this is after it.",
    at4: "Write a time like 1:02:03 or 4:05, or in seconds, like 90.",
  });
  expect(problems(["4", "A"], ["0:04", "B"])).toEqual({ at1: "Another chapter begins at 0:04 already." });
  expect(problems(["4", "x".repeat(121)])).toEqual({ title0: "A title is at most 120 characters long." });
  expect(problems(["4", "a\u0007"], ["5", "\u200b"])).toEqual({
    title0: "This title has a character that cannot be shown. Type it again.",
    title1: "Give this chapter a title.",
  });
});

test("a recording has only so many chapters", () => {
  const many = Array.from({ length: 101 }, (_, index): [string, string] => [String(index / 10), "A"]);
  expect(problems(...many)).toEqual({ "": "A recording has at most 100 chapters." });
});

test("after a cut, chapters begin where the next moment is, and those of which nothing is left are silent", () => {
  const chapters = [
    { atMs: 0, title: "Cut with its beginning" },
    { atMs: 1000, title: "Its end stays" },
    { atMs: 4000, title: "Moves" },
    { atMs: 18_000, title: "Cut with its end" },
  ];
  const kept = [{ fromMs: 2000, toMs: 16_000 }];
  expect(chaptersThatPlay(chapters, kept, 14_000)).toEqual([
    { atMs: 0, title: "Its end stays" },
    { atMs: 2000, title: "Moves" },
  ]);
  expect(chaptersThatPlay(chapters, null, 20_000)).toEqual(chapters);
});
