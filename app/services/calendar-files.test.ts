import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { type CalendarEntry, calendarFile } from "./calendar-files.ts";

const entry = (values: Partial<CalendarEntry> = {}): CalendarEntry => ({
  uid: "01a00000-0000-7000-8000-000000000001",
  sequence: 0,
  cancelled: false,
  startsAt: new Date("2026-10-04T18:00:00Z"),
  endsAt: new Date("2026-10-04T19:30:00Z"),
  timeZone: "Europe/Berlin",
  title: "Colour grading",
  description: "Two hours in one timeline",
  url: "https://frontrow.example/northlight/grading/streams/colour-grading",
  organizer: { name: "Northlight", email: "hello@frontrow.example" },
  createdAt: new Date("2026-09-01T10:00:00Z"),
  changedAt: new Date("2026-09-02T11:12:13Z"),
  ...values,
});

const fileOf = (...values: Partial<CalendarEntry>[]) => calendarFile({ entries: values.map(entry) });

/** As another program reads it. */
function read(file: string) {
  const calendar = new ICAL.Component(ICAL.parse(file) as never);
  const events = calendar.getAllSubcomponents("vevent").map((component) => ({
    component,
    event: new ICAL.Event(component),
    value: (name: string) => component.getFirstPropertyValue(name)?.toString(),
  }));
  return { calendar, events, first: events[0]! };
}

const nasty = [
  ["commas, semicolons and backslashes", "One, two; three\\four: \\n five"],
  ["quotes", `"Quoted" and 'so', ^caret^`],
  ["emoji of several parts", "👩‍👩‍👧‍👦 family 🏳️‍🌈 and 🇩🇪"],
  ["right-to-left words and an override", "שלום \u202Eabc\u202C مرحبا"],
  ["what looks like another line", "A\nEND:VEVENT\nBEGIN:VALARM"],
] as const;

describe("a calendar file", () => {
  it("is published, and another program reads back what was written", () => {
    const { calendar, events, first } = read(fileOf({ sequence: 3 }));
    expect(calendar.getFirstPropertyValue("version")).toBe("2.0");
    expect(calendar.getFirstPropertyValue("method")).toBe("PUBLISH");
    expect(calendar.getFirstPropertyValue("prodid")).toBe("-//Frontrow//Streams//EN");
    expect(events).toHaveLength(1);
    expect(first.event).toMatchObject({
      uid: "01a00000-0000-7000-8000-000000000001",
      summary: "Colour grading",
      description: "Two hours in one timeline",
      location: "https://frontrow.example/northlight/grading/streams/colour-grading",
      sequence: 3,
    });
    expect(first.event.startDate.toJSDate()).toEqual(new Date("2026-10-04T18:00:00Z"));
    expect(first.event.endDate.toJSDate()).toEqual(new Date("2026-10-04T19:30:00Z"));
    expect(first.event.startDate.zone.tzid).toBe("UTC");
    expect(first.value("status")).toBe("CONFIRMED");
    expect(first.value("dtstamp")).toBe("2026-09-02T11:12:13Z");
    expect(first.value("last-modified")).toBe("2026-09-02T11:12:13Z");
    expect(first.value("created")).toBe("2026-09-01T10:00:00Z");
    expect(first.value("url")).toBe("https://frontrow.example/northlight/grading/streams/colour-grading");
    expect(first.value("organizer")).toBe("mailto:hello@frontrow.example");
    expect(first.component.getFirstProperty("organizer")?.getParameter("cn")).toBe("Northlight");
    expect(first.value("x-frontrow-time-zone")).toBe("Europe/Berlin");
  });

  it("says that a cancelled stream is cancelled, and takes nobody's time", () => {
    const { first } = read(fileOf({ cancelled: true, sequence: 4 }));
    expect([first.value("status"), first.value("transp"), first.event.sequence]).toEqual([
      "CANCELLED",
      "TRANSPARENT",
      4,
    ]);
  });

  it.each(nasty)("reads back %s as they were, in titles and texts", (_, text) => {
    const { events, first } = read(fileOf({ title: text, description: text, organizer: organizerOf(text) }));
    expect(events).toHaveLength(1);
    expect(first.component.getAllSubcomponents()).toEqual([]);
    expect(first.event.summary).toBe(text.replaceAll("\n", " "));
    expect(first.event.description).toBe(text);
    expect(first.component.getFirstProperty("organizer")?.getFirstValue()).toBe(
      "mailto:hello@frontrow.example",
    );
  });

  it("keeps a name in quotes for who reads parameters as RFC 6868 has them", () => {
    const { first } = read(fileOf({ organizer: organizerOf('The "North" light') }));
    expect(first.component.getFirstProperty("organizer")?.getParameter("cn")).toBe('The "North" light');
  });

  it("lets no line break and no control into another line: CR LF, CR, U+2028, NEL, NUL", () => {
    const title = "A\r\nBEGIN:VEVENT\rUID:x\u2028SUMMARY:y\u0085z\0\u0007";
    const file = fileOf({ title, description: `${title}\r\n\r\nEND:VCALENDAR` });
    const { events, first } = read(file);
    expect(events).toHaveLength(1);
    expect(first.event.summary).toBe("A BEGIN:VEVENT UID:x SUMMARY:y z");
    expect(first.event.description).toBe("A\nBEGIN:VEVENT\nUID:x\nSUMMARY:y\nz\n\nEND:VCALENDAR");
    expect(file.match(/^BEGIN:/gm)).toHaveLength(2);
    expect(file).not.toMatch(/[\u0000\u0007\u0085\u2028]/);
  });

  it("ends each line with CR LF, and folds it at 75 octets without cutting a character", () => {
    const text = "Grüße aus München – 👩‍👩‍👧‍👦 日本語のとても長い説明文です。".repeat(30);
    const file = fileOf({
      title: text.slice(0, 120),
      description: text,
      organizer: organizerOf("ü".repeat(80)),
    });
    expect(file.endsWith("END:VCALENDAR\r\n")).toBe(true);
    expect(file.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    for (const line of file.split("\r\n")) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
      expect(line.isWellFormed()).toBe(true);
    }
    const { first } = read(file);
    expect(first.event.description).toBe(text);
    expect(first.component.getFirstProperty("organizer")?.getParameter("cn")).toBe("ü".repeat(80));
  });

  it("holds half a character without breaking", () => {
    expect(read(fileOf({ title: "Half \ud83d" })).first.event.summary).toBe("Half \ufffd");
  });

  it("gives the same bytes for the same entries, so that nothing seems to have changed", () => {
    expect(fileOf({}, { uid: "another" })).toBe(fileOf({}, { uid: "another" }));
  });

  it("of nothing is a calendar without entries", () => {
    const feed = { name: "Frontrow; mine, all", everySeconds: 3600 };
    const file = calendarFile({ entries: [], feed });
    const { calendar, events } = read(file);
    expect(events).toEqual([]);
    // The parser knows neither of the two names as a text, and unescapes none.
    for (const name of ["NAME", "X-WR-CALNAME"])
      expect(file).toContain(`\r\n${name}:Frontrow\\; mine\\, all\r\n`);
    expect(calendar.getFirstPropertyValue("refresh-interval")?.toString()).toBe("PT1H");
  });

  it("does not name a zone that is not known", () => {
    expect(fileOf({ timeZone: undefined })).not.toContain("X-FRONTROW");
  });
});

function organizerOf(name: string) {
  return { name, email: "hello@frontrow.example" };
}
