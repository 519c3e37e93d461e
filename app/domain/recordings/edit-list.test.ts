import { expect, test } from "vitest";
import { editListOf, readEditList, type TypedEdit } from "./edit-list.ts";

const read = (typed: Partial<TypedEdit>) => readEditList({ start: "", end: "", cuts: [], ...typed }, 20_000);
const problems = (typed: Partial<TypedEdit>) => {
  const list = read(typed);
  return list.ok ? {} : list.problems;
};
const cut = (from: string, to: string) => ({ from, to });

test("an empty form leaves the recording as it is", () => {
  expect(read({ cuts: [cut("", " ")] })).toEqual({
    ok: true,
    edit: { startMs: 0, endMs: 20_000, cuts: [] },
  });
});

test("cuts may be typed in any order, and may touch each other", () => {
  expect(
    read({ start: "2", end: "0:18", cuts: [cut("10", "12"), cut("", ""), cut("0:08", "0:10")] }),
  ).toEqual({
    ok: true,
    edit: {
      startMs: 2000,
      endMs: 18_000,
      cuts: [
        { fromMs: 8000, toMs: 10_000 },
        { fromMs: 10_000, toMs: 12_000 },
      ],
    },
  });
});

test("what is outside the recording is told beside its field", () => {
  expect(problems({ start: "1:00", end: "0:30", cuts: [cut("5", "90")] })).toEqual({
    start: "The recording ends at 0:20, and this is after it.",
    end: "The recording ends at 0:20, and this is after it.",
    to0: "The recording ends at 0:20, and this is after it.",
  });
});

test("an end before its start is told beside the end", () => {
  expect(problems({ start: "8", end: "4" })).toEqual({ end: "This is not after the start, 0:08." });
  expect(problems({ start: "8", end: "8" })).toEqual({ end: "This is not after the start, 0:08." });
  expect(problems({ cuts: [cut("6", "4")] })).toEqual({ to0: "This is not after its beginning, 0:06." });
});

test("a cut needs both its times, and times that can be read", () => {
  expect(problems({ cuts: [cut("4", ""), cut("", "8"), cut("soon", "9")] })).toEqual({
    to0: "Say where this cut ends, or leave both times empty.",
    from1: "Say where this cut begins, or leave both times empty.",
    from2: "Write a time like 1:02:03 or 4:05, or in seconds, like 90.",
  });
});

test("cuts that overlap are told beside the second of them, whichever comes first in time", () => {
  const sentence = (first: string) =>
    `This overlaps the cut from ${first}. Make one of the two, or move one.`;
  expect(problems({ cuts: [cut("4", "8"), cut("6", "10")] })).toEqual({ from1: sentence("0:04 to 0:08") });
  expect(problems({ cuts: [cut("6", "10"), cut("4", "8")] })).toEqual({ from1: sentence("0:06 to 0:10") });
  expect(problems({ cuts: [cut("4", "8"), cut("4", "8")] })).toEqual({ from1: sentence("0:04 to 0:08") });
});

test("a cut outside of what stays is told", () => {
  expect(problems({ start: "4", end: "16", cuts: [cut("2", "6"), cut("14", "18")] })).toEqual({
    from0: "This cut begins before what stays, which is 0:04 to 0:16.",
    to1: "This cut ends after what stays, which is 0:04 to 0:16.",
  });
});

test("a form never has more cuts than can be made", () => {
  const cuts = Array.from({ length: 51 }, (_, index) =>
    cut((index / 5).toFixed(1), (index / 5 + 0.1).toFixed(1)),
  );
  expect(problems({ cuts })).toEqual({ from50: "At most 50 pieces can be cut out." });
});

test("an edit is shown as it was typed", () => {
  expect(editListOf(null, 20_000)).toEqual({ startMs: 0, endMs: 20_000, cuts: [] });
});
