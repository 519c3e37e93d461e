import jsonld from "jsonld";
import { describe, expect, it } from "vitest";
import type { AnnouncedStream } from "#app/domain/announcing/announced-stream.ts";
import { structuredProfile, structuredSite, structuredStream } from "#app/domain/announcing/structured.ts";
import { wrongIn } from "#tests/schema-org.ts";

const publicUrl = "https://frontrow.example";
const stream: AnnouncedStream = {
  path: "/northlight/evenings/streams/grading",
  title: "Colour grading & you",
  description: "Bring a picture.\n\nAnd a question.",
  status: "scheduled",
  startsAt: "2026-11-30T18:00:00.000Z",
  timeZone: "Europe/Berlin",
  lengthMinutes: 90,
  formerStart: null,
  liveAt: null,
  endedAt: null,
  replayMs: null,
  picture: "/northlight/evenings/streams/grading/picture.png?v=abc",
  space: { slug: "northlight", name: "Northlight" },
  experience: { slug: "evenings", name: "Evenings" },
};
const said = (change: Partial<AnnouncedStream>) =>
  structuredStream({ ...stream, ...change }, publicUrl) as unknown as Record<string, unknown>;

const over = { status: "ended", liveAt: stream.startsAt, endedAt: "2026-11-30T19:00:30.000Z" } as const;
const states = [
  {},
  { formerStart: "2026-11-29T18:00:00.000Z" },
  { status: "cancelled" },
  { status: "overdue" },
  { status: "live", liveAt: stream.startsAt },
  over,
  { ...over, replayMs: 10 },
] as Partial<AnnouncedStream>[];
const person = { username: "mara", name: "Mara <i>", bio: "I grade film." };
const all = [...states.map(said), structuredProfile(person, publicUrl), structuredSite(publicUrl)];

/** As whoever reads JSON-LD sees it, with schema.org's names written out. Whether these exist, `wrongIn` says. */
async function expand(what: object): Promise<Record<string, unknown>[]> {
  const documentLoader = async (url: string) => {
    expect(url).toMatch(/^https:\/\/schema\.org\/?$/);
    return { documentUrl: url, document: { "@context": { "@vocab": "https://schema.org/" } } };
  };
  return jsonld.expand(JSON.parse(JSON.stringify(what)) as object, { documentLoader, safe: true });
}

describe("a stream in schema.org's words", () => {
  it("is an event, with its times on the clocks of its place, its picture and whose it is", () => {
    expect(said({})).toEqual({
      "@context": "https://schema.org",
      "@type": "Event",
      name: "Colour grading & you",
      description: "Bring a picture. And a question.",
      url: `${publicUrl}${stream.path}`,
      image: [`${publicUrl}${stream.path}/picture.png?v=abc`],
      startDate: "2026-11-30T19:00:00+01:00",
      endDate: "2026-11-30T20:30:00+01:00",
      eventStatus: "https://schema.org/EventScheduled",
      eventAttendanceMode: "https://schema.org/OnlineEventAttendanceMode",
      location: { "@type": "VirtualLocation", url: `${publicUrl}${stream.path}` },
      organizer: { "@type": "Organization", name: "Northlight", url: `${publicUrl}/northlight` },
    });
  });

  it("that was moved says when it was to start before", () => {
    expect(said({ formerStart: "2026-11-29T18:00:00.000Z" })).toMatchObject({
      "@type": "Event",
      eventStatus: "https://schema.org/EventRescheduled",
      startDate: "2026-11-30T19:00:00+01:00",
      previousStartDate: "2026-11-29T19:00:00+01:00",
    });
  });

  it("that is cancelled says so, and when it would have been", () => {
    const cancelled = said({ status: "cancelled", formerStart: "2026-11-29T18:00:00.000Z" });
    expect(cancelled).toMatchObject({
      "@type": "Event",
      eventStatus: "https://schema.org/EventCancelled",
      startDate: "2026-11-30T19:00:00+01:00",
    });
  });

  it("that never began says when it was planned for, and of its state nothing", () => {
    const overdue = said({ status: "overdue", formerStart: "2026-11-29T18:00:00.000Z", description: "" });
    const { eventStatus: _, ...rest } = said({ description: "" });
    const description = "Was planned for Monday 30 November 2026, 19:00 (Europe/Berlin).";
    expect(overdue).toEqual({ ...rest, description });
  });

  it("that is live is a broadcast since it really began", () => {
    expect(said({ status: "live", liveAt: "2026-11-30T18:04:00.000Z" })).toMatchObject({
      "@type": "BroadcastEvent",
      isLiveBroadcast: true,
      startDate: "2026-11-30T19:04:00+01:00",
      endDate: "2026-11-30T20:34:00+01:00",
    });
  });

  it("that is over is a video once there is a replay, without an address of anything that plays", () => {
    const over = {
      status: "ended",
      liveAt: "2026-11-30T18:04:00.000Z",
      endedAt: "2026-11-30T19:00:30.000Z",
    } as const;
    const replayed = said({ ...over, replayMs: 3_387_400 });
    expect(replayed).toMatchObject({
      "@type": "VideoObject",
      duration: "PT3387S",
      uploadDate: "2026-11-30T20:00:30+01:00",
      thumbnailUrl: [`${publicUrl}${stream.path}/picture.png?v=abc`],
      publication: {
        "@type": "BroadcastEvent",
        startDate: "2026-11-30T19:04:00+01:00",
        endDate: "2026-11-30T20:00:30+01:00",
      },
    });
    expect(JSON.stringify(replayed)).not.toMatch(/contentUrl|embedUrl|\/media\//);
    expect(said(over)).toMatchObject({ "@type": "Event", endDate: "2026-11-30T20:00:30+01:00" });
  });

  it("has a description also where nobody wrote one", () => {
    expect(said({ description: "" }).description).toBe(
      "Live on Monday 30 November 2026, 19:00 (Europe/Berlin).",
    );
  });

  it("is read back by a library for JSON-LD in each of its states, and so are a person and the site", async () => {
    for (const one of all) {
      const [expanded, ...others] = await expand(one);
      expect(others).toEqual([]);
      expect(expanded!["@type"]).toEqual([`https://schema.org/${(one as Record<string, unknown>)["@type"]}`]);
      const names = Object.keys(expanded!).filter((name) => !name.startsWith("@"));
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(name).toMatch(/^https:\/\/schema\.org\/[a-z]\w+$/i);
    }
  });

  it("has in each of its states only types, properties and values that schema.org has, each where it belongs, and so have a person and the site", () => {
    for (const one of all) expect([one, wrongIn(one)]).toEqual([one, []]);
  });

  it.each([
    ["a type that there is not", { "@type": "LiveEvent" }, /is of no type that there is: LiveEvent/],
    [
      "a property misspelt",
      { startsDate: "2026-11-30T19:00:00+01:00" },
      /^\.startsDate is no property of Event$/,
    ],
    ["a property of another type", { thumbnailUrl: [publicUrl] }, /^\.thumbnailUrl is no property of Event$/],
    [
      "a state that there is not",
      { eventStatus: "https://schema.org/EventMoved" },
      /^\.eventStatus cannot be/,
    ],
    [
      "something of a type that does not go there",
      { location: { "@type": "Event" } },
      /^\.location cannot be/,
    ],
    [
      "a property misspelt further in",
      { organizer: { "@type": "Organization", nam: "" } },
      /^\.organizer\.nam is no/,
    ],
    ["a time that is none", { endDate: "tomorrow" }, /^\.endDate cannot be "tomorrow"/],
    ["an address that is none", { url: "/northlight" }, /^\.url cannot be/],
    [
      "a text for yes or no",
      { "@type": "BroadcastEvent", isLiveBroadcast: "yes" },
      /^\.isLiveBroadcast cannot be/,
    ],
    ["a length that is none", { "@type": "VideoObject", duration: "90 minutes" }, /\.duration cannot be/],
  ])("would be found to have %s", (_, mistake, words) => {
    const wrong = wrongIn({ ...said({}), ...mistake });
    expect(wrong.filter((sentence) => words.test(sentence))).toHaveLength(1);
  });
});
