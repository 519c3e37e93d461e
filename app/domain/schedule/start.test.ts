import { describe, expect, it } from "vitest";
import { readPlan } from "./plan.ts";
import { type TypedStart, hasMoved, readStart, typeNextWeek, typeStart } from "./start.ts";

const now = new Date("2026-09-01T12:00:30Z");
const read = (day: string, time: string, zone: string, choice?: string, at = now) =>
  readStart({ day, time, zone, choice }, { now: at });
const sentences = (typed: TypedStart, at = now, kept?: Date) => {
  const result = readStart(typed, { now: at, kept });
  return result.ok ? {} : Object.fromEntries(result.problems.map(({ field, sentence }) => [field, sentence]));
};

describe("a wall time in its zone", () => {
  it.each([
    ["2027-01-15", "20:00", "Europe/Berlin", "2027-01-15T19:00:00.000Z"],
    ["2027-07-15", "20:00", "Europe/Berlin", "2027-07-15T18:00:00.000Z"],
    ["2027-07-15", "20:00", "Asia/Kolkata", "2027-07-15T14:30:00.000Z"],
    ["2027-07-15", "20:00", "Asia/Kathmandu", "2027-07-15T14:15:00.000Z"],
    ["2027-07-15", "20:00", "America/New_York", "2027-07-16T00:00:00.000Z"],
    ["2027-07-15", "20:00", "UTC", "2027-07-15T20:00:00.000Z"],
    // Both sides of the date line: the same day there is two days of the world.
    ["2027-07-15", "01:00", "Pacific/Kiritimati", "2027-07-14T11:00:00.000Z"],
    ["2027-07-15", "23:00", "Pacific/Pago_Pago", "2027-07-16T10:00:00.000Z"],
    ["2028-02-29", "00:00", "Europe/Berlin", "2028-02-28T23:00:00.000Z"],
  ])("%s %s in %s is %s", (day, time, zone, instant) => {
    const result = read(day, time, zone);
    expect(result).toEqual({
      ok: true,
      start: { startsAt: new Date(instant), wallTime: `${day}T${time}`, timeZone: zone },
    });
  });

  it("keeps the zone under its present name", () => {
    expect(read("2027-07-15", "20:00", "us/pacific")).toMatchObject({
      ok: true,
      start: { timeZone: "America/Los_Angeles" },
    });
    expect(read("2027-07-15", "20:00", "Europe/Kiev")).toMatchObject({
      ok: true,
      start: { timeZone: "Europe/Kyiv", startsAt: new Date("2027-07-15T17:00:00Z") },
    });
  });

  it("understands the ways in which browsers and people write it", () => {
    for (const [day, time] of [
      ["2027-3-5", "9:05"],
      [" 2027-03-05 ", " 09.05 "],
      ["2027-03-05", "09:05:00"],
    ] as const) {
      expect(read(day, time, "UTC")).toMatchObject({ ok: true, start: { wallTime: "2027-03-05T09:05" } });
    }
  });
});

describe("a time that the clocks leave out", () => {
  it("is told, with the two times that may be meant", () => {
    expect(read("2027-03-28", "02:30", "Europe/Berlin")).toEqual({
      ok: false,
      problems: [
        {
          field: "choice",
          sentence: "02:30 does not exist on that day: clocks go from 02:00 to 03:00. Use 03:30 or 01:30.",
        },
      ],
      question: {
        sentence: "02:30 does not exist on that day: clocks go from 02:00 to 03:00. Use 03:30 or 01:30.",
        choices: [
          { value: "2027-03-28T03:30+02:00[Europe/Berlin]", label: "03:30" },
          { value: "2027-03-28T01:30+01:00[Europe/Berlin]", label: "01:30" },
        ],
      },
    });
  });

  it.each([
    ["2027-03-28T03:30+02:00[Europe/Berlin]", "2027-03-28T01:30:00.000Z", "2027-03-28T03:30"],
    ["2027-03-28T01:30+01:00[Europe/Berlin]", "2027-03-28T00:30:00.000Z", "2027-03-28T01:30"],
  ])("is put right by the choice %s", (choice, instant, wallTime) => {
    expect(read("2027-03-28", "02:30", "Europe/Berlin", choice)).toMatchObject({
      ok: true,
      start: { startsAt: new Date(instant), wallTime, timeZone: "Europe/Berlin" },
    });
  });

  it("ends where the clocks go on", () => {
    expect(read("2027-03-28", "01:59", "Europe/Berlin")).toMatchObject({ ok: true });
    expect(read("2027-03-28", "02:00", "Europe/Berlin")).toMatchObject({ ok: false });
    expect(read("2027-03-28", "02:59", "Europe/Berlin")).toMatchObject({ ok: false });
    expect(read("2027-03-28", "03:00", "Europe/Berlin")).toMatchObject({ ok: true });
  });

  it("is told where the clocks go by half an hour", () => {
    expect(read("2026-10-04", "02:15", "Australia/Lord_Howe").question).toEqual({
      sentence: "02:15 does not exist on that day: clocks go from 02:00 to 02:30. Use 02:45 or 01:45.",
      choices: [
        { value: "2026-10-04T02:45+11:00[Australia/Lord_Howe]", label: "02:45" },
        { value: "2026-10-04T01:45+10:30[Australia/Lord_Howe]", label: "01:45" },
      ],
    });
  });

  it("names the day where a choice is on another one", () => {
    expect(read("2027-04-30", "00:30", "Africa/Cairo").question?.sentence).toBe(
      "00:30 does not exist on that day: clocks go from 00:00 to 01:00. Use 01:30 or Thursday 29 April 2027, 23:30.",
    );
    expect(read("2027-03-27", "23:30", "America/Nuuk").question?.sentence).toBe(
      "23:30 does not exist on that day: clocks go from 23:00 to Sunday 28 March 2027, 00:00. " +
        "Use Sunday 28 March 2027, 00:30 or 22:30.",
    );
  });

  it("may be a whole day: Samoa had no 30 December 2011", () => {
    const before = new Date("2011-12-01T00:00:00Z");
    expect(read("2011-12-30", "12:00", "Pacific/Apia", undefined, before).question).toEqual({
      sentence:
        "12:00 does not exist on that day: clocks go from 00:00 to Saturday 31 December 2011, 00:00. " +
        "Use Saturday 31 December 2011, 12:00 or Thursday 29 December 2011, 12:00.",
      choices: [
        { value: "2011-12-31T12:00+14:00[Pacific/Apia]", label: "Saturday 31 December 2011, 12:00" },
        { value: "2011-12-29T12:00-10:00[Pacific/Apia]", label: "Thursday 29 December 2011, 12:00" },
      ],
    });
  });
});

describe("a time that the clocks show twice", () => {
  it("is told, the earlier first, with how far each is from UTC", () => {
    expect(read("2026-10-25", "02:30", "Europe/Berlin").question).toEqual({
      sentence:
        "02:30 comes twice on that day: clocks go from 03:00 back to 02:00. Choose which one you mean.",
      choices: [
        { value: "2026-10-25T02:30+02:00[Europe/Berlin]", label: "02:30, the first time (UTC+02:00)" },
        { value: "2026-10-25T02:30+01:00[Europe/Berlin]", label: "02:30, the second time (UTC+01:00)" },
      ],
    });
  });

  it.each([
    ["2026-10-25T02:30+02:00[Europe/Berlin]", "2026-10-25T00:30:00.000Z"],
    ["2026-10-25T02:30+01:00[Europe/Berlin]", "2026-10-25T01:30:00.000Z"],
  ])("is decided by the choice %s", (choice, instant) => {
    expect(read("2026-10-25", "02:30", "Europe/Berlin", choice)).toMatchObject({
      ok: true,
      start: { startsAt: new Date(instant), wallTime: "2026-10-25T02:30" },
    });
  });

  it("is told where the clocks go back by half an hour", () => {
    expect(read("2027-04-04", "01:45", "Australia/Lord_Howe").question).toEqual({
      sentence:
        "01:45 comes twice on that day: clocks go from 02:00 back to 01:30. Choose which one you mean.",
      choices: [
        { value: "2027-04-04T01:45+11:00[Australia/Lord_Howe]", label: "01:45, the first time (UTC+11:00)" },
        { value: "2027-04-04T01:45+10:30[Australia/Lord_Howe]", label: "01:45, the second time (UTC+10:30)" },
      ],
    });
  });

  it("begins and ends with the hour that is repeated", () => {
    expect(read("2026-10-25", "01:59", "Europe/Berlin")).toMatchObject({ ok: true });
    expect(read("2026-10-25", "02:00", "Europe/Berlin")).toMatchObject({ ok: false });
    expect(read("2026-10-25", "02:59", "Europe/Berlin")).toMatchObject({ ok: false });
    expect(read("2026-10-25", "03:00", "Europe/Berlin")).toMatchObject({ ok: true });
  });

  it("is west of Greenwich too", () => {
    expect(read("2026-11-01", "01:30", "America/New_York").question?.choices[0]?.label).toBe(
      "01:30, the first time (UTC-04:00)",
    );
  });

  it("lets only the second be chosen when the first has passed", () => {
    const between = new Date("2026-10-25T00:45:00Z");
    const [first, second] = [
      "2026-10-25T02:30+02:00[Europe/Berlin]",
      "2026-10-25T02:30+01:00[Europe/Berlin]",
    ];
    expect(read("2026-10-25", "02:30", "Europe/Berlin", first, between)).toMatchObject({
      ok: false,
      problems: [
        {
          field: "choice",
          sentence: "02:30 has passed: it is 02:45 in Europe/Berlin now. Choose a later time.",
        },
      ],
    });
    expect(read("2026-10-25", "02:30", "Europe/Berlin", second, between)).toMatchObject({ ok: true });
  });
});

describe("a choice", () => {
  it("of another question is ignored", () => {
    const old = "2027-03-28T03:30+02:00[Europe/Berlin]";
    expect(read("2027-03-29", "20:00", "Europe/Berlin", old)).toEqual(
      read("2027-03-29", "20:00", "Europe/Berlin"),
    );
    expect(read("2027-03-28", "02:45", "Europe/Berlin", old)).toMatchObject({ ok: false });
    expect(read("2027-03-28", "02:30", "Europe/Vienna", old)).toMatchObject({ ok: false });
  });

  it.each([
    "",
    "x",
    "2027-03-28T02:30",
    "2030-01-01T00:00+00:00[UTC]",
    "2027-03-28T03:30+02:00[Europe/Berlin] ",
  ])("of our own making, %j, is none", (choice) =>
    expect(read("2027-03-28", "02:30", "Europe/Berlin", choice)).toMatchObject({ ok: false }),
  );
});

describe("what cannot be a start", () => {
  it("is told of each field at once", () => {
    expect(sentences({})).toEqual({
      day: "Choose the day.",
      time: "Choose the time.",
      zone: "Choose the time zone.",
    });
    expect(sentences({ day: "tomorrow", time: "noon", zone: "Mars/Olympus" })).toEqual({
      day: "Write the day as year, month and day, such as 2027-03-28.",
      time: "Write the time with hours and minutes, such as 19:30.",
      zone: "We know no time zone called Mars/Olympus. Choose one from the list.",
    });
  });

  it.each([
    ["2027-02-30", "There is no 30 February in 2027. Choose another day."],
    ["2027-02-29", "There is no 29 February in 2027. Choose another day."],
    ["2027-04-31", "There is no 31 April in 2027. Choose another day."],
    ["2027-13-01", "There is no such day."],
    ["2027-00-10", "There is no such day."],
    ["2027-01-00", "There is no such day."],
    ["20270101", "Write the day as year, month and day, such as 2027-03-28."],
    ["+002027-01-01", "Write the day as year, month and day, such as 2027-03-28."],
    ["2026-08-31", "Monday 31 August 2026 is in the past. Choose today or a later day."],
    ["0000-01-01", "Saturday 1 January 0 is in the past. Choose today or a later day."],
    ["2028-09-02", "Saturday 2 September 2028 is more than two years ahead. Choose an earlier day."],
    ["9999-12-31", "Friday 31 December 9999 is more than two years ahead. Choose an earlier day."],
  ])("the day %s", (day, sentence) => {
    expect(sentences({ day, time: "12:00", zone: "UTC" })).toEqual({ day: sentence });
  });

  it.each(["24:00", "12:60", "7", "19:3", "19:30:15", "-1:00", "７:００"])("the time %s", (time) => {
    expect(sentences({ day: "2027-01-01", time, zone: "UTC" })).toHaveProperty("time");
  });

  it("never repeats a name of a zone that is longer or stranger than names are", () => {
    const zone = `<b>${"x".repeat(500)}`;
    expect(sentences({ day: "2027-01-01", time: "10:00", zone }).zone).toBe(
      "We know no time zone of that name. Choose one from the list.",
    );
  });

  it("is a time of today that has passed, but not the minute that is running", () => {
    expect(sentences({ day: "2026-09-01", time: "11:59", zone: "UTC" })).toEqual({
      time: "11:59 has passed: it is 12:00 in UTC now. Choose a later time.",
    });
    expect(read("2026-09-01", "12:00", "UTC")).toMatchObject({ ok: true });
  });

  it("is decided by the day in the zone, not in UTC", () => {
    const at = new Date("2026-09-01T23:30:00Z");
    expect(sentences({ day: "2026-09-01", time: "23:00", zone: "Asia/Tokyo" }, at)).toHaveProperty("day");
    expect(read("2026-09-01", "23:00", "America/Los_Angeles", undefined, at)).toMatchObject({ ok: true });
  });

  it("is no more than two years ahead to the minute", () => {
    expect(read("2028-09-01", "12:00", "UTC")).toMatchObject({ ok: true });
    expect(read("2028-09-01", "12:01", "UTC")).toMatchObject({ ok: false });
  });
});

describe("a start that is kept", () => {
  it("may have passed; another that has passed may not be chosen", () => {
    const kept = new Date("2026-08-31T18:00:00Z");
    const typed = { day: "2026-08-31", time: "20:00", zone: "Europe/Berlin" };
    expect(sentences(typed, now, kept)).toEqual({});
    expect(sentences({ ...typed, time: "20:01" }, now, kept)).toHaveProperty("day");
  });

  it("comes back as the fields that make it, also when its time comes twice", () => {
    const stored = {
      startsAt: new Date("2026-10-25T01:30:00Z"),
      wallTime: "2026-10-25T02:30",
      timeZone: "Europe/Berlin",
    };
    const typed = typeStart(stored);
    expect(typed).toEqual({
      day: "2026-10-25",
      time: "02:30",
      zone: "Europe/Berlin",
      choice: "2026-10-25T02:30+01:00[Europe/Berlin]",
    });
    expect(readStart(typed, { now, kept: stored.startsAt })).toMatchObject({ ok: true, start: stored });
  });

  it("with a zone that nobody knows any more still shows what was said", () => {
    expect(
      typeStart({ startsAt: now, wallTime: "2026-10-25T02:30", timeZone: "Mars/Olympus" }),
    ).toMatchObject({ day: "2026-10-25", time: "02:30", zone: "Mars/Olympus" });
  });
});

describe("a start whose zone got new rules", () => {
  const start = {
    startsAt: new Date("2026-10-25T00:30:00Z"),
    wallTime: "2026-10-25T02:30",
    timeZone: "Europe/Berlin",
  };
  it("is told from one that is where it was said to be", () => {
    expect(hasMoved(start)).toBe(false);
    expect(hasMoved({ ...start, startsAt: new Date("2026-10-25T01:30:00Z") })).toBe(false);
    expect(hasMoved({ ...start, startsAt: new Date("2026-10-25T02:30:00Z") })).toBe(true);
    expect(hasMoved({ ...start, timeZone: "Mars/Olympus" })).toBe(false);
  });
});

describe("the next of a weekly series", () => {
  const start = (wallTime: string) => ({ startsAt: now, wallTime, timeZone: "Europe/Berlin" });
  it.each([
    ["2026-09-07T20:00", "2026-09-14"],
    ["2026-08-31T20:00", "2026-09-07"],
    ["2026-08-25T20:00", "2026-09-08"],
    ["2024-02-05T20:00", "2026-09-07"],
  ])("after %s is on %s", (wallTime, day) => {
    expect(typeNextWeek(start(wallTime), now)).toEqual({ day, time: "20:00", zone: "Europe/Berlin" });
  });
});

describe("a plan", () => {
  it("is the start and the length", () => {
    expect(readPlan({ day: "2027-01-15", time: "20:00", zone: "UTC", length: "1 h" }, { now })).toMatchObject(
      {
        ok: true,
        plan: { wallTime: "2027-01-15T20:00", lengthMinutes: 60 },
      },
    );
  });

  it("tells what is wrong with all of its fields", () => {
    expect(readPlan({ day: "2027-02-30", time: "", zone: "", length: "25 h" }, { now })).toEqual({
      ok: false,
      question: undefined,
      problems: {
        day: ["There is no 30 February in 2027. Choose another day."],
        time: ["Choose the time."],
        zone: ["Choose the time zone."],
        length: ["A stream is at most 24 hours long."],
      },
    });
  });

  it("still asks which time is meant when the length is wrong", () => {
    const result = readPlan(
      { day: "2027-03-28", time: "02:30", zone: "Europe/Berlin", length: "0" },
      { now },
    );
    expect(result.question?.choices).toHaveLength(2);
    expect(result).toMatchObject({ ok: false, problems: { length: [expect.any(String)] } });
  });
});
