import { describe, expect, it } from "vitest";
import type { SeriesRule } from "#app/domain/schedule/series.ts";
import { dueDays } from "./due-days.ts";

const weekly: SeriesRule = {
  repeats: "weekly",
  firstDay: "2027-01-04",
  clock: "20:00",
  timeZone: "Europe/Berlin",
  untilDay: null,
  times: 30,
};
const due = (now: string, more: Partial<SeriesRule> = {}) => dueDays({ ...weekly, ...more }, new Date(now));

describe("the streams of a series that should be there", () => {
  it("are those of the next 90 days", () => {
    const { days, makeAt } = due("2027-01-01T12:00:00Z");
    expect(days[0]).toBe("2027-01-04");
    expect(days.at(-1)).toBe("2027-03-29");
    // 5 April is the 90th day from 5 January, which begins in Berlin an hour before it does in UTC.
    expect(makeAt).toEqual(new Date("2027-01-04T23:00:00Z"));
    expect(due("2027-01-04T23:00:00Z").days.at(-1)).toBe("2027-04-05");
    expect(due("2027-01-04T22:59:59Z").days.at(-1)).toBe("2027-03-29");
  });

  it("are at least the next four, also of a series that begins in a year or has months between", () => {
    const far = due("2026-01-01T12:00:00Z");
    expect(far.days).toEqual(["2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25"]);
    expect(far.makeAt).toEqual(new Date("2026-11-02T23:00:00Z"));
    const monthly = { repeats: "monthly", firstDay: "2027-01-29" } as const;
    const fifth = due("2027-01-01T12:00:00Z", monthly);
    expect(fifth.days).toEqual(["2027-01-29", "2027-04-30", "2027-07-30", "2027-10-29"]);
    // When the first of the four is over there should be one more.
    expect(fifth.makeAt).toEqual(new Date("2027-01-29T23:00:00Z"));
    expect(due("2027-01-29T23:00:00Z", monthly).days).toHaveLength(4);
  });

  it("are none that are over, and the one of this minute", () => {
    expect(due("2027-01-11T19:00:30Z").days[0]).toBe("2027-01-11");
    expect(due("2027-01-11T19:01:00Z").days[0]).toBe("2027-01-18");
    expect(due("2030-01-01T00:00:00Z")).toEqual({ days: [], makeAt: null });
  });

  it("end with the series", () => {
    expect(due("2027-01-01T12:00:00Z", { times: 3 })).toEqual({
      days: ["2027-01-04", "2027-01-11", "2027-01-18"],
      makeAt: null,
    });
  });
});
