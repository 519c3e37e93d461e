import { describe, expect, it } from "vitest";
import { daysOf, mostTimes, type Repeats, type SeriesRule, startOn } from "./series.ts";

const rule = (repeats: Repeats, firstDay: string, end: Partial<SeriesRule> = { times: 4 }) => ({
  repeats,
  firstDay,
  untilDay: null,
  times: null,
  ...end,
});

describe("the days of a series", () => {
  it.each<[Repeats, string, string[]]>([
    ["weekly", "2027-01-04", ["2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25"]],
    // Sunday is the last day of its week, and two weeks are two weeks all the same.
    ["fortnightly", "2027-01-03", ["2027-01-03", "2027-01-17", "2027-01-31", "2027-02-14"]],
    ["fortnightly", "2027-12-27", ["2027-12-27", "2028-01-10", "2028-01-24", "2028-02-07"]],
    ["monthly", "2027-01-12", ["2027-01-12", "2027-02-09", "2027-03-09", "2027-04-13"]],
    ["monthly", "2027-01-01", ["2027-01-01", "2027-02-05", "2027-03-05", "2027-04-02"]],
    ["monthly", "2027-01-28", ["2027-01-28", "2027-02-25", "2027-03-25", "2027-04-22"]],
    // The 29th, 30th and 31st are the fifth of their weekday: months that have none are left out.
    ["monthly", "2027-01-29", ["2027-01-29", "2027-04-30", "2027-07-30", "2027-10-29"]],
    ["monthly", "2027-01-31", ["2027-01-31", "2027-05-30", "2027-08-29", "2027-10-31"]],
    ["monthly_last", "2027-01-29", ["2027-01-29", "2027-02-26", "2027-03-26", "2027-04-30"]],
    ["monthly_last", "2028-02-29", ["2028-02-29", "2028-03-28", "2028-04-25", "2028-05-30"]],
  ])("%s from %s are %j", (repeats, firstDay, days) => {
    expect(daysOf(rule(repeats, firstDay))).toEqual(days);
  });

  it.each<[string, string[]]>([
    ["2027-01-18", ["2027-01-04", "2027-01-11", "2027-01-18"]],
    ["2027-01-17", ["2027-01-04", "2027-01-11"]],
    ["2027-01-04", ["2027-01-04"]],
    ["2027-01-03", []],
    ["2026-01-01", []],
  ])("go on until %s, that day included", (untilDay, days) => {
    expect(daysOf(rule("weekly", "2027-01-04", { untilDay }))).toEqual(days);
  });

  it("are at most as many as there may be, however far their end is", () => {
    expect(daysOf(rule("weekly", "2027-01-04", { untilDay: "9999-12-31" }))).toHaveLength(mostTimes);
    expect(daysOf(rule("weekly", "2027-01-04", { untilDay: "9999-12-31" }), 3)).toHaveLength(3);
    expect(daysOf(rule("monthly", "2027-01-29", { times: mostTimes }))).toHaveLength(mostTimes);
    expect(daysOf(rule("weekly", "2027-01-04", { times: 1 }))).toEqual(["2027-01-04"]);
  });

  it("are the same whatever clocks do in the zone of this machine", () => {
    const days = daysOf(rule("weekly", "2027-03-21", { times: 3 }));
    expect(days).toEqual(["2027-03-21", "2027-03-28", "2027-04-04"]);
  });
});

describe("when a stream of a day starts", () => {
  it.each([
    // Clocks are put forward in the last night of March: the hour stays, its distance from UTC does not.
    ["2027-03-21", "20:00", "Europe/Berlin", "2027-03-21T19:00:00.000Z"],
    ["2027-03-28", "20:00", "Europe/Berlin", "2027-03-28T18:00:00.000Z"],
    ["2026-10-25", "20:00", "Europe/Berlin", "2026-10-25T19:00:00.000Z"],
    ["2027-03-14", "20:00", "America/New_York", "2027-03-15T00:00:00.000Z"],
    ["2026-11-01", "20:00", "America/New_York", "2026-11-02T01:00:00.000Z"],
    // In the south it is the other way round.
    ["2026-10-04", "20:00", "Australia/Sydney", "2026-10-04T09:00:00.000Z"],
    ["2027-04-04", "20:00", "Australia/Sydney", "2027-04-04T10:00:00.000Z"],
    ["2026-10-04", "20:00", "Australia/Lord_Howe", "2026-10-04T09:00:00.000Z"],
    ["2027-07-15", "20:00", "Asia/Kathmandu", "2027-07-15T14:15:00.000Z"],
    ["2027-07-15", "20:00", "Europe/Kyiv", "2027-07-15T17:00:00.000Z"],
    ["2027-07-15", "01:00", "Pacific/Kiritimati", "2027-07-14T11:00:00.000Z"],
    ["2027-07-15", "20:00", "UTC", "2027-07-15T20:00:00.000Z"],
  ])("%s at %s in %s is %s", (day, clock, timeZone, instant) => {
    const { start, odd } = startOn(day, { clock, timeZone });
    expect(start).toEqual({ startsAt: new Date(instant), wallTime: `${day}T${clock}`, timeZone });
    expect(odd).toBeNull();
  });

  it.each([
    ["2027-03-28", "02:30", "Europe/Berlin", "2027-03-28T03:30", "2027-03-28T01:30:00.000Z"],
    ["2027-03-28", "02:00", "Europe/Berlin", "2027-03-28T03:00", "2027-03-28T01:00:00.000Z"],
    ["2027-03-14", "02:30", "America/New_York", "2027-03-14T03:30", "2027-03-14T07:30:00.000Z"],
    ["2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-04T02:45", "2026-10-03T15:45:00.000Z"],
    ["2027-03-27", "23:30", "America/Nuuk", "2027-03-28T00:30", "2027-03-28T01:30:00.000Z"],
    ["2011-12-30", "12:00", "Pacific/Apia", "2011-12-31T12:00", "2011-12-30T22:00:00.000Z"],
  ])("is as much later where %s has no %s in %s: %s", (day, clock, timeZone, wallTime, instant) => {
    expect(startOn(day, { clock, timeZone })).toMatchObject({
      odd: "missing",
      start: { wallTime, startsAt: new Date(instant), timeZone },
    });
  });

  it.each([
    ["2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    ["2026-11-01", "01:30", "America/New_York", "2026-11-01T05:30:00.000Z"],
    ["2027-04-04", "01:45", "Australia/Lord_Howe", "2027-04-03T14:45:00.000Z"],
  ])("is the first where %s has %s twice in %s", (day, clock, timeZone, instant) => {
    expect(startOn(day, { clock, timeZone })).toMatchObject({
      odd: "twice",
      start: { wallTime: `${day}T${clock}`, startsAt: new Date(instant) },
    });
  });

  it("of a zone that this machine does not know is no start", () => {
    expect(() => startOn("2027-01-04", { clock: "20:00", timeZone: "Mars/Olympus" })).toThrow(RangeError);
  });
});

describe("the time on the clocks", () => {
  /** As somebody else than our library reads it. */
  const read = (at: Date, timeZone: string) =>
    new Intl.DateTimeFormat("sv-SE", {
      ...{ timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
    })
      .format(at)
      .replace(" ", "T");
  const zones = ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe"];
  const ways: [Repeats, string, number][] = [
    ["weekly", "2027-01-04", 52],
    ["fortnightly", "2027-01-03", 26],
    ["monthly", "2027-01-12", 12],
    ["monthly", "2027-01-29", 5],
    ["monthly_last", "2027-01-31", 12],
  ];

  it.each(zones.flatMap((zone) => ways.map((way) => [zone, ...way] as const)))(
    "holds over both clock changes of a year: in %s, %s from %s",
    (timeZone, repeats, firstDay, times) => {
      for (const clock of ["00:15", "12:00", "20:00"]) {
        const days = daysOf(rule(repeats, firstDay, { times }));
        const starts = days.map((day) => startOn(day, { clock, timeZone }).start.startsAt);
        expect(starts.map((at) => read(at, timeZone))).toEqual(days.map((day) => `${day}T${clock}`));
        // From one distance to UTC to the other and back again, and no more often than that.
        const ofDay = starts.map((at, index) => at.getTime() - Date.parse(`${days[index]}T00:00Z`));
        const changes = ofDay.filter((ms, index) => index > 0 && ms !== ofDay[index - 1]);
        expect(new Set(ofDay).size).toBe(2);
        expect(changes).toHaveLength(2);
      }
    },
  );
});
