import { describe, expect, test } from "vitest";
import {
  describeMoment,
  formatCalmCountdown,
  formatCountdown,
  formatElapsed,
  formatLength,
  isoDuration,
  knownZone,
  nameZone,
} from "./time-format.ts";

const monday = "2026-11-30T18:00:00.000Z";

describe("a moment", () => {
  test("is told on the reader's clock, and at the stream's place where that clock differs", () => {
    expect(describeMoment(monday, "Europe/Berlin", "America/New_York")).toEqual({
      zone: "Europe/Berlin",
      yours: true,
      day: "Monday 30 November 2026",
      shortDay: "Mon 30 Nov 2026",
      dayOfMonth: "30",
      weekday: "Mon",
      month: "Nov",
      year: "2026",
      time: "19:00",
      other: "13:00 in New York",
    });
  });

  test("is told once where two zones have the same clock at that instant", () => {
    expect(describeMoment(monday, "Europe/Berlin", "Europe/Paris").other).toBeUndefined();
    expect(describeMoment(monday, "Europe/Berlin", "Europe/Berlin").other).toBeUndefined();
    expect(describeMoment(monday, "Europe/Berlin", null).other).toBeUndefined();
  });

  test("names the day at the stream's place when it is another day there", () => {
    expect(describeMoment(monday, "Europe/Berlin", "Asia/Tokyo").other).toBe(
      "Tue 1 Dec 2026, 03:00 in Tokyo",
    );
  });

  test("counts the clocks at that instant, not today's: the weeks in which only one side has changed them", () => {
    expect(describeMoment("2027-03-20T18:00:00Z", "Europe/Berlin", "America/New_York").other).toBe(
      "14:00 in New York",
    );
    expect(describeMoment("2027-03-30T18:00:00Z", "Europe/Berlin", "America/New_York").other).toBe(
      "14:00 in New York",
    );
    expect(describeMoment("2027-03-20T18:00:00Z", "Europe/Berlin").time).toBe("19:00");
    expect(describeMoment("2027-03-30T18:00:00Z", "Europe/Berlin").time).toBe("20:00");
  });

  test("is told on the stream's clock and in UTC before the reader's zone is known", () => {
    const moment = describeMoment(monday, null, "America/New_York");
    expect(moment).toMatchObject({
      zone: "America/New_York",
      yours: false,
      time: "13:00",
      other: "18:00 UTC",
    });
    expect(describeMoment(monday, null, "Africa/Abidjan").other).toBeUndefined();
  });

  test("is told in UTC when no zone is known, or only names that no clock has", () => {
    const utc = { zone: "UTC", yours: false, time: "18:00", other: undefined };
    expect(describeMoment(monday)).toMatchObject(utc);
    expect(describeMoment(monday, "Mars/Olympus", "<script>")).toMatchObject(utc);
  });

  test("has midnight as 00:00 of the new day", () => {
    expect(describeMoment("2026-12-31T23:00:00Z", "Europe/Berlin")).toMatchObject({
      time: "00:00",
      day: "Friday 1 January 2027",
      dayOfMonth: "01",
    });
  });
});

test("a zone is known only when a clock has it", () => {
  expect(knownZone("Europe/Berlin")).toBe("Europe/Berlin");
  for (const name of ["Mars/Olympus", "", null, undefined, "Europe/Berlin; x"])
    expect(knownZone(name)).toBeUndefined();
});

test("the many names of UTC are called UTC, and offsets by their offset", () => {
  for (const name of ["UTC", "Etc/UTC", "GMT", "Etc/GMT"]) expect(nameZone(name)).toBe("UTC");
  expect(nameZone("+05:30")).toBe("UTC+05:30");
  expect(nameZone("America/Argentina/Buenos_Aires")).toBe("America/Argentina/Buenos_Aires");
  expect(describeMoment(monday, "UTC", "America/Argentina/Buenos_Aires").other).toBe("15:00 in Buenos Aires");
});

test("time that has passed is told in minutes and seconds, with hours from the first one on", () => {
  expect([0, 7.9, 2527, 3600, 45296].map(formatElapsed)).toEqual([
    "00:00",
    "00:07",
    "42:07",
    "1:00:00",
    "12:34:56",
  ]);
  expect(formatElapsed(-3)).toBe("00:00");
});

test("time that is left is told as precisely as it matters", () => {
  expect([0, 0.2, 251, 3599, 3600, 15_060, 187_260].map(formatCountdown)).toEqual([
    "00:00",
    "00:01",
    "04:11",
    "59:59",
    "1 h 0 min",
    "4 h 11 min",
    "2 d 4 h",
  ]);
  expect(formatCountdown(-60)).toBe("00:00");
});

test("where nothing is to move, time that is left is told in minutes", () => {
  expect([-5, 0, 59, 60, 251, 3599, 15_060].map(formatCalmCountdown)).toEqual([
    "less than 1 min",
    "less than 1 min",
    "less than 1 min",
    "1 min",
    "4 min",
    "59 min",
    "4 h 11 min",
  ]);
});

test("a length is told in hours and minutes", () => {
  expect([45, 60, 90, 120].map(formatLength)).toEqual(["45 min", "1 h", "1 h 30 min", "2 h"]);
});

test("a duration for machines is whole seconds", () => {
  expect(isoDuration(2527.4)).toBe("PT2527S");
});
