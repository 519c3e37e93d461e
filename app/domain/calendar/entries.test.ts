import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { calendarFile } from "#app/services/calendar-files.ts";
import { readStart } from "../schedule/start.ts";
import { type PublishedStream, toEntry } from "./entries.ts";

const publisher = { publicUrl: "https://frontrow.example", mailFrom: "Frontrow <hello@frontrow.example>" };

const stream = (values: Partial<PublishedStream> = {}): PublishedStream => ({
  id: "01a00000-0000-7000-8000-000000000001",
  title: "Colour grading",
  description: "Two hours in one timeline",
  status: "scheduled",
  startsAt: new Date("2026-10-04T18:00:00Z"),
  timeZone: "Europe/Berlin",
  lengthMinutes: 90,
  path: "/northlight/grading/streams/colour-grading",
  experienceName: "Grading",
  spaceName: "Northlight",
  edition: 1,
  createdAt: new Date("2026-09-01T10:00:00Z"),
  changedAt: new Date("2026-09-01T10:00:00Z"),
  ...values,
});

const entryOf = (values: Partial<PublishedStream> = {}) => toEntry(stream(values), publisher);

function startIn(values: Partial<PublishedStream>) {
  const calendar = new ICAL.Component(ICAL.parse(calendarFile({ entries: [entryOf(values)] })) as never);
  return new ICAL.Event(calendar.getFirstSubcomponent("vevent")!).startDate.toJSDate();
}

describe("the entry of a stream", () => {
  it("says what it is about, when it starts where it is made, whose it is and where", () => {
    const { title, description, url, endsAt, organizer } = entryOf();
    expect(title).toBe("Colour grading");
    expect(description).toBe(
      [
        "Two hours in one timeline",
        "It starts at 20:00 in Europe/Berlin, on Sunday 4 October 2026.",
        "Grading, by Northlight",
        "https://frontrow.example/northlight/grading/streams/colour-grading",
      ].join("\n\n"),
    );
    expect(url).toBe("https://frontrow.example/northlight/grading/streams/colour-grading");
    expect(endsAt).toEqual(new Date("2026-10-04T19:30:00Z"));
    expect(organizer).toEqual({ name: "Northlight", email: "hello@frontrow.example" });
  });

  it.each(["hello@frontrow.example", " hello@frontrow.example ", '"Front, row" <hello@frontrow.example>'])(
    "has the address alone of %j as its organizer's",
    (mailFrom) => {
      expect(toEntry(stream(), { ...publisher, mailFrom }).organizer.email).toBe("hello@frontrow.example");
    },
  );

  it("keeps its UID through everything, and its SEQUENCE grows with each edition", () => {
    const editions = [
      entryOf(),
      entryOf({ edition: 2, title: "Another title" }),
      entryOf({ edition: 3, startsAt: new Date("2026-10-05T18:00:00Z") }),
      entryOf({ edition: 4, status: "cancelled" }),
    ];
    expect(new Set(editions.map(({ uid }) => uid)).size).toBe(1);
    expect(editions.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
    expect(editions.map(({ cancelled }) => cancelled)).toEqual([false, false, false, true]);
    expect(editions[3]).toMatchObject({
      title: "Cancelled: Colour grading",
      description: expect.stringMatching(/^This stream was cancelled/) as string,
    });
  });

  it("does not grow with a description of any length, and cuts it between characters", () => {
    const { description } = entryOf({ description: "👩‍👩‍👧‍👦".repeat(2_000) });
    expect([...description].length).toBeLessThan(1_300);
    expect(description.isWellFormed()).toBe(true);
    expect(description).toContain("…\n\nIt starts at");
  });

  it.each([
    ["Europe/Kiev", "Europe/Kyiv", "21:00"],
    ["Europe/Kyiv", "Europe/Kyiv", "21:00"],
    ["Asia/Calcutta", "Asia/Kolkata", "23:30"],
    ["US/Pacific", "America/Los_Angeles", "11:00"],
  ])("of a stream in %s names the zone as it is called today", (timeZone, named, clock) => {
    const entry = entryOf({ timeZone });
    expect(entry.timeZone).toBe(named);
    expect(entry.description).toContain(`It starts at ${clock} in ${named}, on Sunday 4 October 2026.`);
    expect(startIn({ timeZone })).toEqual(new Date("2026-10-04T18:00:00Z"));
  });

  it("of a zone that nobody knows any more keeps the instant, and says no other clock", () => {
    const entry = entryOf({ timeZone: "Mars/Dome" });
    expect(entry.timeZone).toBeUndefined();
    expect(entry.description).not.toContain("It starts at");
    expect(startIn({ timeZone: "Mars/Dome" })).toEqual(new Date("2026-10-04T18:00:00Z"));
  });
});

describe("around clock changes (F38)", () => {
  const now = new Date("2026-01-01T00:00:00Z");
  function planned(day: string, time: string, choice?: string) {
    const read = readStart({ day, time, zone: "Europe/Berlin", choice }, { now });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return read.start;
  }

  it.each([
    ["the day before clocks go forward", "2026-03-28", undefined, "2026-03-28T01:30:00.000Z", "02:30"],
    [
      "the day on which 02:30 does not exist, an hour later",
      "2026-03-29",
      "2026-03-29T03:30+02:00[Europe/Berlin]",
      "2026-03-29T01:30:00.000Z",
      "03:30",
    ],
    ["the day after", "2026-03-30", undefined, "2026-03-30T00:30:00.000Z", "02:30"],
    [
      "the first 02:30 of the day that has two",
      "2026-10-25",
      "2026-10-25T02:30+02:00[Europe/Berlin]",
      "2026-10-25T00:30:00.000Z",
      "02:30",
    ],
    [
      "the second 02:30 of the day that has two",
      "2026-10-25",
      "2026-10-25T02:30+01:00[Europe/Berlin]",
      "2026-10-25T01:30:00.000Z",
      "02:30",
    ],
  ])("a stream at 02:30 on %s is at its instant in every calendar", (_, day, choice, instant, clock) => {
    const { startsAt, timeZone } = planned(day, "02:30", choice);
    expect(startsAt.toISOString()).toBe(instant);
    expect(startIn({ startsAt, timeZone }).toISOString()).toBe(instant);
    expect(entryOf({ startsAt, timeZone }).description).toContain(`It starts at ${clock} in Europe/Berlin`);
  });

  it("one that lasts over the change is as long as it was planned", () => {
    const { startsAt, endsAt } = entryOf({
      startsAt: planned("2026-10-25", "01:30").startsAt,
      lengthMinutes: 180,
    });
    expect(endsAt.getTime() - startsAt.getTime()).toBe(180 * 60_000);
  });
});
