import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, it } from "vitest";
import type { AnnouncedStream } from "./announced-stream.ts";
import { structuredProfile, structuredSite, structuredStream } from "./structured.ts";

/**
 * The vocabulary of schema.org as the package `schema-dts` has it, which is made from the one that schema.org publishes. Its
 * types are read as they stand: the compiler asks nothing about what an object has that was spread into another one.
 */
const written = readFileSync(
  path.join(path.dirname(createRequire(import.meta.url).resolve("schema-dts")), "schema.d.ts"),
  "utf8",
);

/** Of each set of properties: those of which it has all, too, and what its own may be. */
const sets = new Map<string, { of: string[]; own: Map<string, string[]> }>();
for (const [, name = "", of = "", body = ""] of written.matchAll(
  /^(?:export )?interface (\w+(?:Base|Leaf)) extends ([^{]+) \{\n([\s\S]*?)^\}/gm,
)) {
  const own = [...body.matchAll(/^ {4}"(\w+)"\?: SchemaValue<(.+), "\1">;$/gm)];
  sets.set(name, {
    of: of.split(", "),
    own: new Map(own.map(([, property = "", values = ""]) => [property, values.split(" | ")])),
  });
}

/** Of each name what it stands for: other names, words in quotes, and what is no object. */
const unions = new Map<string, string[]>();
for (const [, name = "", of = ""] of written.matchAll(/^export type (\w+) = (.+);$/gm))
  unions.set(name, of.split(" | "));

/** What the property of a type may be; undefined where the type has none of that name. */
function valuesOf(set: string, property: string): string[] | undefined {
  const { of = [], own } = sets.get(set) ?? {};
  const mine = own?.get(property);
  if (mine) return mine;
  for (const each of of) {
    const inherited = valuesOf(each, property);
    if (inherited) return inherited;
  }
  return undefined;
}

/** All that these names stand for. */
function standFor(names: string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    standFor(unions.get(name) ?? [], found);
  }
  return found;
}

const isDateTime = (text: string) =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text) && !Number.isNaN(Date.parse(text));

/** What a text must be where nothing but these is wanted. */
const texts: [name: string, is: (text: string) => boolean][] = [
  ["Text", () => true],
  ["URL", (text) => URL.canParse(text)],
  ["Date", isDateTime],
  ["DateTime", isDateTime],
  ["Duration", (text) => /^P(?=\d|T\d)(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$/.test(text)],
];

function isOneOf(value: unknown, names: string[]): boolean {
  const all = standFor(names);
  if (typeof value === "boolean") return all.has("boolean");
  if (typeof value === "number") return all.has("number");
  if (typeof value === "string")
    return all.has(JSON.stringify(value)) || texts.some(([name, is]) => all.has(name) && is(value));
  const type = typeOf(value);
  return type !== undefined && all.has(`${type}Leaf`);
}

const typeOf = (value: unknown) =>
  typeof value === "object" && value !== null && "@type" in value && typeof value["@type"] === "string"
    ? value["@type"]
    : undefined;

/**
 * What is wrong with an object in schema.org's words (JSON-LD, as it is sent): types and properties that there are not, that
 * a type does not have, or that cannot be what they are. Empty: nothing.
 */
function wrongIn(value: object, at = ""): string[] {
  const type = typeOf(value);
  const set = `${type}Leaf`;
  if (!sets.has(set)) return [`${at || "it"} is of no type that there is: ${type}`];
  return Object.entries(value).flatMap(([property, said]) => {
    if (property === "@type" || (property === "@context" && at === "")) return [];
    const here = `${at}.${property}`;
    const wanted = valuesOf(set, property);
    if (!wanted) return [`${here} is no property of ${type}`];
    const values = (Array.isArray(said) ? said : [said]) as unknown[];
    return values.flatMap((each) => {
      if (!isOneOf(each, wanted))
        return [`${here} cannot be ${JSON.stringify(each)}, but ${wanted.join(", ")}`];
      return typeof each === "object" ? wrongIn(each as object, here) : [];
    });
  });
}

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

it("a stream in each of its states has only types, properties and values that schema.org has, each where it belongs, and so have a person and the site", () => {
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
  ["a state that there is not", { eventStatus: "https://schema.org/EventMoved" }, /^\.eventStatus cannot be/],
  ["something of a type that does not go there", { location: { "@type": "Event" } }, /^\.location cannot be/],
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
])("%s would be found", (_, mistake, words) => {
  const wrong = wrongIn({ ...said({}), ...mistake });
  expect(wrong.filter((sentence) => words.test(sentence))).toHaveLength(1);
});
