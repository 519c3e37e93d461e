import { describe, expect, it } from "vitest";
import { readSeries, type TypedSeries, typeSeries } from "./read-series.ts";
import { readStart } from "./start.ts";

const now = new Date("2026-12-01T12:00:30Z");
const typed: TypedSeries = {
  day: "2027-01-04",
  time: "20:00",
  zone: "Europe/Berlin",
  length: "1 h",
  repeats: "weekly",
  times: "10",
};
const read = (more: TypedSeries = {}, clock: { now?: Date; kept?: Date; least?: number } = {}) =>
  readSeries({ ...typed, ...more }, { now, ...clock });
const problems = (more: TypedSeries, clock?: Parameters<typeof read>[1]) => {
  const result = read(more, clock);
  return result.ok ? {} : result.problems;
};
const sentences = (more: TypedSeries, clock?: Parameters<typeof read>[1]) =>
  Object.fromEntries(Object.entries(problems(more, clock)).map(([field, [sentence]]) => [field, sentence]));

describe("a series as it is typed", () => {
  it("is its first stream, a rule and its days", () => {
    expect(read({ times: "3" })).toEqual({
      ok: true,
      plan: {
        startsAt: new Date("2027-01-04T19:00:00Z"),
        wallTime: "2027-01-04T20:00",
        timeZone: "Europe/Berlin",
        lengthMinutes: 60,
      },
      rule: {
        repeats: "weekly",
        firstDay: "2027-01-04",
        clock: "20:00",
        timeZone: "Europe/Berlin",
        untilDay: null,
        times: 3,
      },
      days: ["2027-01-04", "2027-01-11", "2027-01-18"],
    });
  });

  it("is kept under the present name of its zone", () => {
    expect(read({ zone: "Europe/Kiev" })).toMatchObject({ ok: true, rule: { timeZone: "Europe/Kyiv" } });
    expect(read({ zone: "US/Pacific" })).toMatchObject({
      ok: true,
      rule: { timeZone: "America/Los_Angeles" },
    });
  });

  it("understands days and times as people write them", () => {
    expect(read({ day: " 2027-1-4 ", time: " 9.05 ", times: " 2 " })).toMatchObject({
      ok: true,
      rule: { firstDay: "2027-01-04", clock: "09:05", times: 2 },
    });
  });

  it("keeps the time that was typed, though its first day does not have it, and asks nothing", () => {
    const gap = { day: "2027-03-28", time: "02:30" };
    const result = read(gap);
    expect(result).toMatchObject({
      ok: true,
      rule: { clock: "02:30", firstDay: "2027-03-28" },
      plan: { wallTime: "2027-03-28T03:30", startsAt: new Date("2027-03-28T01:30:00Z") },
    });
    const twice = read({ day: "2027-10-31", time: "02:30" });
    expect(twice).toMatchObject({ ok: true, plan: { startsAt: new Date("2027-10-31T00:30:00Z") } });
    // Both are what the form of a single stream offers first.
    for (const [day, series] of [
      ["2027-03-28", result],
      ["2027-10-31", twice],
    ] as const) {
      const single = { day, time: "02:30", zone: "Europe/Berlin" };
      const choice = readStart(single, { now }).question?.choices[0]?.value;
      const chosen = readStart({ ...single, choice }, { now });
      expect(chosen.ok && series.ok && chosen.start.startsAt).toEqual(series.ok && series.plan.startsAt);
    }
  });

  it("may keep its first day, however long ago, where it goes on from one that there is", () => {
    const passed = { day: "2026-11-30", time: "20:00" };
    expect(sentences(passed)).toMatchObject({ day: expect.stringMatching(/in the past/) });
    expect(read(passed, { kept: new Date("2026-11-30T19:00:00Z") })).toMatchObject({ ok: true });
  });
});

describe("the end of a series", () => {
  it.each(["0", "-1", "1", "1.5", "1e9", "1e2", "ten", "٩", "0x10", "NaN", "--", "9".repeat(400)])(
    "is not %j times",
    (times) => expect(sentences({ times }).times).toMatch(/[Ww]rite a whole number from 2 to 104\./),
  );

  it("is at most 104 times, and says so", () => {
    expect(read({ times: "104" })).toMatchObject({ ok: true });
    for (const times of ["105", "10000", "1000000000"]) {
      expect(sentences({ times })).toEqual({
        times: "A series has at most 104 streams: write a whole number from 2 to 104.",
      });
    }
    expect(sentences({ times: "", until: "2029-12-31" })).toEqual({
      until:
        "A series has at most 104 streams. Its 104th would be on Monday 25 December 2028: " +
        "choose that day or an earlier one.",
    });
    expect(read({ times: "", until: "2028-12-31" })).toMatchObject({ ok: true });
  });

  it("may be the only one that is left of a series that goes on", () => {
    expect(read({ times: "1" }, { least: 1 })).toMatchObject({ ok: true, days: ["2027-01-04"] });
    expect(sentences({ times: "0" }, { least: 1 }).times).toBe("Write a whole number from 1 to 104.");
    expect(read({ times: "", until: "2027-01-04" }, { least: 1 })).toMatchObject({ ok: true });
  });

  it("is not before the first, and not so early that no other comes", () => {
    expect(sentences({ times: "", until: "2027-01-03" })).toEqual({
      until:
        "Sunday 3 January 2027 is before the first stream, on Monday 4 January 2027. Choose a later day.",
    });
    expect(sentences({ times: "", until: "2027-01-10" })).toEqual({
      until: "Only the first stream would be until then. Choose a later day, or let it not repeat.",
    });
    expect(sentences({ times: "", until: "2027-02-30" }).until).toMatch(/There is no 30 February in 2027/);
    expect(sentences({ times: "", until: "soon" }).until).toMatch(/such as 2027-03-28/);
  });

  it("is said once: neither of the two, or both, is refused", () => {
    expect(sentences({ times: "" })).toEqual({
      until: "Say until which day it goes on, or how many times it takes place.",
    });
    const both = sentences({ times: "10", until: "2027-06-01" });
    expect(Object.keys(both).sort()).toEqual(["times", "until"]);
    expect(both.until).toMatch(/only one of the two/);
  });
});

describe("how it repeats", () => {
  it.each([undefined, "", "daily", "yearly", "weekly,monthly"])("is not %j", (repeats) =>
    expect(sentences({ repeats })).toEqual({ repeats: "Choose how it repeats." }),
  );

  it("is on the last of a weekday only from such a day on", () => {
    expect(sentences({ repeats: "monthly_last", day: "2027-06-08" })).toEqual({
      repeats:
        "Tuesday 8 June 2027 is not the last Tuesday of its month, which is Tuesday 29 June 2027. " +
        "Begin on that day, or let it repeat in another way.",
    });
    expect(read({ repeats: "monthly_last", day: "2027-06-29" })).toMatchObject({ ok: true });
    expect(read({ repeats: "monthly_last", day: "2027-06-30" })).toMatchObject({ ok: true });
    expect(read({ repeats: "monthly_last", day: "2027-02-22" })).toMatchObject({ ok: true });
  });
});

it("tells everything that is wrong at once", () => {
  const wrong = {
    day: "2027-02-30",
    time: "25:00",
    zone: "Mars/Olympus",
    length: "0",
    repeats: "x",
    times: "0",
  };
  expect(Object.keys(problems(wrong)).sort()).toEqual(["day", "length", "repeats", "time", "times", "zone"]);
});

it("is typed again for a form as it goes on from one of its days", () => {
  const result = read();
  if (!result.ok) throw new Error("not read");
  const fields = typeSeries(result.rule, { day: "2027-01-18", left: 8 });
  expect(fields).toEqual({
    ...{ day: "2027-01-18", time: "20:00", zone: "Europe/Berlin", repeats: "weekly", until: "", times: "8" },
  });
  expect(read(fields)).toMatchObject({ ok: true, days: result.days.slice(2) });
  const until = { ...result.rule, untilDay: "2027-03-08", times: null };
  expect(typeSeries(until, { day: "2027-01-18", left: 8 })).toMatchObject({ until: "2027-03-08", times: "" });
});
