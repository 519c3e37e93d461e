import { describe, expect, it } from "vitest";
import { describeRepeats, describeSeries, seriesInWords } from "./series-words.ts";
import { previewSeries } from "./series-preview.ts";
import type { SeriesRule } from "./series.ts";

describe("a series in words", () => {
  it.each([
    ["weekly", "2027-01-04", "Every week on Monday"],
    ["fortnightly", "2027-01-10", "Every two weeks on Sunday"],
    ["monthly", "2027-01-12", "Every month on the second Tuesday"],
    ["monthly", "2027-01-31", "Every month on the fifth Sunday"],
    ["monthly_last", "2027-01-29", "Every month on the last Friday"],
  ] as const)("%s from %s is %j", (repeats, firstDay, words) => {
    expect(describeRepeats({ repeats, firstDay })).toBe(words);
  });

  it("has its last day, where one is left", () => {
    const series = { repeats: "weekly", firstDay: "2027-01-04" } as const;
    expect(describeSeries({ ...series, lastDay: "2027-05-03" })).toBe(
      "Every week on Monday, until Monday 3 May 2027",
    );
    expect(describeSeries({ ...series, lastDay: null })).toBe("Every week on Monday");
  });

  it("is nothing of a stream that belongs to none", () => {
    expect(seriesInWords({ seriesRepeats: null, seriesFirstDay: null, seriesLastDay: null })).toBeNull();
    const columns = { seriesRepeats: "weekly", seriesFirstDay: "2027-01-04", seriesLastDay: "2027-01-11" };
    expect(seriesInWords(columns)).toBe("Every week on Monday, until Monday 11 January 2027");
  });
});

describe("the dates of a series before it is scheduled", () => {
  const rule: SeriesRule = {
    repeats: "weekly",
    firstDay: "2027-01-03",
    clock: "20:00",
    timeZone: "Europe/Berlin",
    untilDay: null,
    times: 60,
  };
  const notes = (more: Partial<SeriesRule>) =>
    previewSeries({ ...rule, ...more })
      .lines.filter((line) => line.notes.length > 0)
      .map(({ day, time, notes }) => `${day}, ${time}: ${notes.join(" ")}`);

  it("are the first ones, the days on which clocks change, and the last", () => {
    const { words, count, lines } = previewSeries(rule);
    expect(words).toBe("Every week on Sunday, until Sunday 20 February 2028");
    expect(count).toBe(60);
    expect(lines.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 13, 44, 60]);
    expect(lines[0]).toEqual({
      ...{ number: 1, day: "Sunday 3 January 2027", time: "20:00", offset: "UTC+01:00", notes: [] },
    });
    expect(notes({})).toEqual([
      "Sunday 28 March 2027, 20:00: Clocks change on this day. It starts at 20:00 all the same (UTC+02:00).",
      "Sunday 31 October 2027, 20:00: Clocks change on this day. It starts at 20:00 all the same (UTC+01:00).",
    ]);
  });

  it("say where the clocks have changed between two of them", () => {
    expect(notes({ firstDay: "2027-03-22", times: 3 })).toEqual([
      "Monday 29 March 2027, 20:00: Clocks have changed since the one before. It stays at 20:00 (now UTC+02:00).",
    ]);
    expect(notes({ timeZone: "Asia/Tokyo" })).toEqual([]);
  });

  it("say which day has no such time, and which has it twice", () => {
    expect(notes({ clock: "02:30" })).toEqual([
      "Sunday 28 March 2027, 03:30: The clocks leave 02:30 out on this day, so it starts at 03:30.",
      "Sunday 31 October 2027, 02:30: The clocks show 02:30 twice on this day. It starts the first time (UTC+02:00).",
      "Sunday 7 November 2027, 02:30: Clocks have changed since the one before. It stays at 02:30 (now UTC+01:00).",
    ]);
  });

  it("say the day where the clocks put it to another one", () => {
    const nuuk = { firstDay: "2027-03-20", clock: "23:30", timeZone: "America/Nuuk", times: 2 };
    expect(notes(nuuk)).toEqual([
      "Sunday 28 March 2027, 00:30: The clocks leave 23:30 out on this day, so it starts at Sunday 28 March 2027, 00:30.",
    ]);
  });

  it("name the months that have no such day", () => {
    const fifth = { repeats: "monthly", firstDay: "2027-01-29" } as const;
    expect(previewSeries({ ...rule, ...fifth, times: 3 }).skipped).toBe(
      "Months without a fifth Friday are left out: February 2027, March 2027, May 2027, June 2027.",
    );
    expect(previewSeries({ ...rule, ...fifth, times: 5 }).skipped).toMatch(
      /, September 2027.* and \d more\.$/,
    );
    expect(previewSeries({ ...rule, ...fifth, firstDay: "2027-01-22" }).skipped).toBeNull();
    expect(previewSeries({ ...rule, ...fifth, repeats: "monthly_last" }).skipped).toBeNull();
  });

  it("are told apart by what a form sends back", () => {
    const seen = (more: Partial<SeriesRule>) => previewSeries({ ...rule, ...more }).seen;
    const all = [
      {},
      { times: 59 },
      { clock: "20:01" },
      { timeZone: "UTC" },
      { repeats: "fortnightly" as const },
    ];
    expect(new Set(all.map(seen)).size).toBe(all.length);
    expect(seen({ times: null, untilDay: "2028-02-20" })).toBe(seen({}));
  });
});
